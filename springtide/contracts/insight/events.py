"""What insight tells the others: nothing yet. It listens."""
