"""Pure decisions of insight: the way of a visit, the funnel, what may be told to others."""
