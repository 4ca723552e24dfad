"""The scenarios that come with Springtide, as TOML; `traffic.toml` and `baskets.json` are what visitors do and buy."""
