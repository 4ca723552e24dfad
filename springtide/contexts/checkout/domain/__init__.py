"""Pure decisions of checkout."""
