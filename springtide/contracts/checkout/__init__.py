"""The contract of checkout: `api` for calls, `events` for what it tells the others."""
