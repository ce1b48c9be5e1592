"""Singer target for Copernica: writes any Singer stream into Copernica databases and collections."""
