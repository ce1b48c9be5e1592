"""Tests of the sandbox's Copernica, each named after the fact that it shows."""
