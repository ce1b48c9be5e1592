"""The page at `/`: both sides as a person reads them, rendered here, without scripts."""

from sandbox.page.routes import routes

__all__ = ["routes"]
