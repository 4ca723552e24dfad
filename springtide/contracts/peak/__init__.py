"""The published language of the peak desk."""
