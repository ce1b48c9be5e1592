"""Tests of the sandbox used on its own: scenarios, the package."""
