"""Catalogue: products, variants, categories, media, in several languages. The contract is in `contracts.catalog`."""
