"""Checkout: carts, and the durable process that turns one into at most one order."""
