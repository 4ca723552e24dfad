"""Inventory: how many are there, and who may have them. The contract is `springtide.contracts.inventory`."""
