"""The ways in: decode, call the core, encode. No decisions."""
