"""Which of the nearest entries answer the prompt."""

from collections.abc import Sequence

from nearhit_server.core.caches import Strategy
from nearhit_server.core.entries import Neighbour
from nearhit_server.core.queries import Match
from nearhit_server.core.vectors import similarity


def select_matches(
    neighbours: Sequence[Neighbour], *, threshold: float
) -> tuple[tuple[Match, ...], float | None]:
    """The neighbours at or above the threshold, nearest first, and the similarity of the best
    one below it, None if there is none.

    The threshold is compared with the similarity as it is shown, after rounding, so that a
    caller who repeats a similarity as threshold gets the same entry again.
    """
    matches: list[Match] = []
    for neighbour in neighbours:
        score = similarity(neighbour.cosine)
        if score < threshold:
            return tuple(matches), score
        matches.append(Match(neighbour.entry, score, Strategy.SEMANTIC))
    return tuple(matches), None
