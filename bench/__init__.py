"""Figures of a shop under load: `python -m bench --help`. `docs/performance.md` keeps what was measured and learned."""
