"""From texts to vectors: what is remembered, what waits, what goes to the model together."""
