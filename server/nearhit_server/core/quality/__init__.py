"""How far the hits of a cache can be trusted, learned from what is reported about them."""
