"""Adapters that keep caches and entries: one package for each place to keep them."""
