"""What labelled pairs of prompts say about how often a cache would be right and wrong."""
