"""All steps in their order."""
