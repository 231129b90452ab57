"""Thin HTTP over what others decide: a witness, a board."""
