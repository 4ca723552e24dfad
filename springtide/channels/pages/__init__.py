"""What pages of the storefront and the back office share: tokens and styles, templates, words, formats, pictures."""
