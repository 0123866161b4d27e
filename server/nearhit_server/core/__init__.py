"""The cache itself: what a search, a store and a flush mean. Does no I/O of its own."""
