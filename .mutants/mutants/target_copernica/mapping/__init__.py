"""Which stream goes where under which names: declarations and pure functions."""
