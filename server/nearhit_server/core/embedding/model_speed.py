"""How long texts take a model that is under load."""

from typing import Final

_SMOOTHING: Final = 0.2
"""Weight of the newest batch in the running estimate."""


class ModelSpeed:
    """The seconds that a model needs for a token, learnt from its batches; at first none.

    A small batch is mostly overhead, which many texts share: it can show that the model is faster
    than thought, never that it is slower.
    """

    def __init__(self, *, max_batch_tokens: int, concurrent_batches: int) -> None:
        self._max_batch_tokens = max_batch_tokens
        self._concurrent_batches = concurrent_batches
        self._seconds_a_token = 0.0

    def learn(self, *, padded_tokens: int, seconds: float) -> None:
        """Take in how long a batch took."""
        # A model elsewhere takes for a lone text about what it takes for a full batch.
        cost = padded_tokens if self._concurrent_batches == 1 else self._max_batch_tokens
        change = seconds / cost - self._seconds_a_token
        # Faster counts whatever the size: where few are let in, no batch is ever large.
        if 2 * cost >= self._max_batch_tokens or change < 0:
            self._seconds_a_token += _SMOOTHING * change

    def seconds_for(self, tokens: int) -> float:
        """How long so many tokens will take."""
        return tokens * self._seconds_a_token / self._concurrent_batches
