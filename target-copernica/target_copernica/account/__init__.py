"""The Copernica account: its structure and its profiles, read and compared."""
