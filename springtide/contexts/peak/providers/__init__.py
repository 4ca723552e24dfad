"""Files of the peak desk: what it reads and writes."""
