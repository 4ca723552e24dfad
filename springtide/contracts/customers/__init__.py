"""The contract of customers: `api` for calls, `events` for what it tells the others."""
