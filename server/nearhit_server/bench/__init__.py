"""A load generator for servers: searches and stores at a fixed rate or from fixed callers.

It is a client like any other and knows nothing of the server but its contract.
"""
