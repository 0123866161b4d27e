"""Whether the answer of a near entry is right for the prompt that was asked."""
