"""Others that are told of purchases, and those who watch the shop from outside: one port each."""
