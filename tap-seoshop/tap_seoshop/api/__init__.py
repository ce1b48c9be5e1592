"""How one request is made, and how a list is read page by page."""
