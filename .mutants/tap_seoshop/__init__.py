"""Singer tap for SEOshop (Lightspeed eCom C-Series): customers, orders and products."""
