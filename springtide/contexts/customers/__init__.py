"""Customers: accounts of buyers and staff, sessions, consents."""
