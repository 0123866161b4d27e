"""Measurements of the whole and of what its constants rest on; README.md has the results."""
