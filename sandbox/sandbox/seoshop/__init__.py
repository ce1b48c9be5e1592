"""The SEOshop API: `application` serves a shop as https://developers.lightspeedhq.com/ecom/ describes."""

from sandbox.seoshop.routes import application
from sandbox.seoshop.switches import SWITCHES

__all__ = ["SWITCHES", "application"]
