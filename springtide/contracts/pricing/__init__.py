"""The contract of pricing: `api` for calls, `events` for what it tells the others."""
