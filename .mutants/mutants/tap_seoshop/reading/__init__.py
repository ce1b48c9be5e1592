"""What a run reads, in which order."""
