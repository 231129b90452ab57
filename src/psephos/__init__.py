"""Psephos: secret votes, public count."""
