"""How the API's values are normalized, and how records are written."""
