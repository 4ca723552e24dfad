"""Prices, tax, promotions, vouchers and quotes: what a cart costs, and what a price was."""
