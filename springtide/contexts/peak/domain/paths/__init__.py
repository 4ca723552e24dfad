"""Joint draws of the season. Path k of the totals and path k of every product are the same future."""
