"""The demo shop: a real catalogue and history, a company of forty people, all as plain data files."""
