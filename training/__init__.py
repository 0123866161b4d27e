"""Trains the verifier that the package ships. See README.md."""
