"""Tests of the shop, the SEOshop API and the core."""
