"""How the API's values become honest ones, and how they leave."""
