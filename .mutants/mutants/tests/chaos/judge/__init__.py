"""A judge of the whole pipeline: random trouble, then one clean run, then shop and Copernica are compared."""
