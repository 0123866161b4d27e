"""Token ids in a rectangle, as models take them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nearhit_server.encoders.local.facts import ModelFacts

Integers = NDArray[np.int64]


class PaddedBatch(NamedTuple):
    """Texts of several lengths as one matrix; both of shape (texts, longest text)."""

    input_ids: Integers
    attention_mask: Integers
    """1 where there is a token, 0 where there is padding."""


def pad(texts: Sequence[Sequence[int]], facts: ModelFacts, *, width: int = 1) -> PaddedBatch:
    """The texts' token ids, each padded to the longest, and at least to `width`."""
    longest = max(width, *map(len, texts))
    input_ids = np.full((len(texts), longest), facts.padding_id, np.int64)
    attention_mask = np.zeros((len(texts), longest), np.int64)
    for row, ids in enumerate(texts):
        columns = slice(longest - len(ids), None) if facts.pads_left else slice(len(ids))
        input_ids[row, columns] = ids
        attention_mask[row, columns] = 1
    return PaddedBatch(input_ids, attention_mask)
