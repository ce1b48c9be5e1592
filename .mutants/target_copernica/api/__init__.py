"""How one call to Copernica is made."""
