"""The demo: a real run of the product between a sandbox of SEOshop and a sandbox of Copernica."""
