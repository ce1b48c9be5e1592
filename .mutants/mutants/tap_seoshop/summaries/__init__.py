"""What records of several lists add up to."""
