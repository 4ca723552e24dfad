"""Pure decisions about payments: states, sums, what may be ordered, what the buyer is told."""
