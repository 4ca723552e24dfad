"""The mean of every day and product, and how wrong it was on days like these."""
