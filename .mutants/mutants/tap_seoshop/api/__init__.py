"""How one request is made, and how a list is walked."""
