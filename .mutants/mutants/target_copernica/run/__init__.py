"""One run put together."""
