"""The contract of insight: what was seen, what was sold of it, and what others say about our availability."""
