"""Caches and keys over HTTP, beside LangCache's paths."""
