"""Selections as code: which there should be, how they are made and checked, what they would have found."""
