"""The contract of orders: `api` for calls, `events` for what it tells the others."""
