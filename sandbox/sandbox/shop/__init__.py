"""The shop behind the SEOshop API: its records, how they are drawn, and how it moves on."""
