"""Which of the waiting texts go to the model together."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


def batch_tokens(lengths: Sequence[int], *, pads: bool) -> int:
    """What a batch of texts of so many tokens costs: a model that pads computes as much for each
    as for the longest."""
    return max(lengths) * len(lengths) if pads else sum(lengths)


def form_batch(lengths: Sequence[int], *, max_tokens: int, pads: bool) -> list[int]:
    """The indexes of the texts to encode next.

    `lengths` are the waiting texts' numbers of tokens, the oldest first. A batch costs at most
    `max_tokens` unless it is a single text. All that waits goes if it fits; else the oldest
    goes, so that none waits for ever, with those that came next or, if the model `pads`, those
    nearest to it in length, so that little is padding.
    """
    if not lengths:
        return []
    if batch_tokens(lengths, pads=pads) <= max_tokens:
        return list(range(len(lengths)))
    if pads:
        return _nearest_in_length(lengths, max_tokens)
    return list(range(max(1, bisect_right(list(accumulate(lengths)), max_tokens))))


def _nearest_in_length(lengths: Sequence[int], max_tokens: int) -> list[int]:
    by_length = sorted(range(len(lengths)), key=lengths.__getitem__)
    first = last = by_length.index(0)
    while True:
        longest = lengths[by_length[last]]
        count = last - first + 1
        room_below = first > 0 and longest * (count + 1) <= max_tokens
        room_above = (
            last + 1 < len(by_length) and lengths[by_length[last + 1]] * (count + 1) <= max_tokens
        )
        if not room_below and not room_above:
            return by_length[first : last + 1]
        if room_below and room_above:
            gap_below = lengths[by_length[first]] - lengths[by_length[first - 1]]
            gap_above = lengths[by_length[last + 1]] - longest
            room_below = gap_below <= gap_above
        if room_below:
            first -= 1
        else:
            last += 1
