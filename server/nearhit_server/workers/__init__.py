"""Several processes that serve on the same ports, and the one that keeps them running.

The parent imports neither the server nor its model, so that it is small, quick to start, and has
little that could fail.
"""
