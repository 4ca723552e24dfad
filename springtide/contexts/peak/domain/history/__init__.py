"""From order lines to what was asked for, per day and product."""
