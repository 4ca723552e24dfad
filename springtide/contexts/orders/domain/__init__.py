"""Pure decisions of orders: states, counts, credits, allocations."""
