"""The published language of the contexts: what they promise and what they tell."""
