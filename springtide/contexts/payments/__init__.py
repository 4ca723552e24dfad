"""Payments: attempts at gateways, the money that moved, and how both are brought to agree."""
