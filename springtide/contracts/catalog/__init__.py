"""The contract of catalog: `api` for calls, `events` for what it tells the others."""
