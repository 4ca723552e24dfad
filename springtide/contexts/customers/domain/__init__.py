"""Pure decisions of customers: roles, passwords, forms, throttling."""
