"""How fragments are written: queue, routes, order, parents."""
