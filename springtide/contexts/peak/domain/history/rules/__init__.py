"""What is not demand: each rule finds its exclusions, and applies those that nobody took back."""
