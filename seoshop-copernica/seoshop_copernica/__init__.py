"""Keeps Copernica true to SEOshop shops: `tick` does one step of one shop, whatever engine calls it."""

from seoshop_copernica.outcome import Outcome
from seoshop_copernica.ticks import tick

__all__ = ["Outcome", "tick"]
