"""What runs a model."""

from collections.abc import Sequence
from typing import Protocol

from nearhit_server.core.vectors import FloatMatrix


class ModelRuntime(Protocol):
    """A loaded model, called from one thread at a time."""

    on_cpu: bool

    pads: bool
    """Whether each text of a batch costs what the longest does."""

    def run(self, texts: Sequence[Sequence[int]]) -> FloatMatrix:
        """The model's vectors of texts, given as token ids: shape (len(texts), dimension), as the
        model gives them."""
        ...
