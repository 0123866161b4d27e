"""Builds requests and reads responses: pure functions, which both clients share."""
