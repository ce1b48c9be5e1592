"""Singer target that deletes newsletter subscriptions of a SEOshop, and nothing else."""
