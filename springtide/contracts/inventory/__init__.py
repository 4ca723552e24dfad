"""The contract of inventory: `api` for calls, `events` for what it tells the others."""
