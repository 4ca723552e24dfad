"""VAT rates shipped with the shop, and the script that made the file from its two sources."""
