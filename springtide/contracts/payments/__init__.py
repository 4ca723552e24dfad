"""The contract of payments: `api` for calls, `events` for what it tells the others."""
