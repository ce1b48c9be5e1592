"""Tests of the page for people, each over a small account."""
