"""What the SEOshop side serves beyond what the tap reads: the single order with all that belongs to it."""
