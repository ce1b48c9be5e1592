"""What the state remembers."""
