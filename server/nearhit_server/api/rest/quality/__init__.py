"""How far the hits of a cache can be trusted, over HTTP, beside LangCache's paths."""
