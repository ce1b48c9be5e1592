"""Both APIs, SEOshop (Lightspeed eCom C-Series) and Copernica v4, as one local server with a shop in it."""

from importlib.metadata import version

__version__ = version("seoshop-copernica-sandbox")
