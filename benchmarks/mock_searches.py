"""GPTCache's own benchmark: prompts are stored, and asked for in other words."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nearhit
from nearhit import Verification

_THRESHOLDS = (0.95, 0.9, 0.8)
_PUBLISHED = {0.95: (425, 25, 549), 0.9: (804, 77, 118), 0.8: (904, 92, 3)}
"""Right, wrong and missed, as GPTCache's own pages say."""

_OUTCOMES = ("right", "wrong", "miss")
_CACHES = {"nearhit, threshold only": Verification.OFF, "nearhit, verified": Verification.FULL}
_BATCH = 100


@dataclass(frozen=True)
class Rewording:
    """A prompt that is stored, and how it is asked for."""

    origin: str
    similar: str


def read_rewordings(path: Path) -> list[Rewording]:
    """The items of a JSON list of objects with `origin` and `similar`."""
    return [Rewording(each["origin"], each["similar"]) for each in json.loads(path.read_bytes())]


async def count_hits(address: str, items: Sequence[Rewording]) -> list[dict[str, Any]]:
    """Right, wrong and missed at each threshold, by cache; the server's caches are new."""
    found = [
        {"cache": "GPTCache, as published", "threshold": threshold, **_outcomes(counts)}
        for threshold, counts in _PUBLISHED.items()
    ]
    for number, (name, verification) in enumerate(_CACHES.items()):
        cache = f"mock-{number}"
        async with nearhit.AsyncClient(address, cache=cache) as client:
            await client.create_cache(cache, verification=verification)
            await _store(client, items)
            for threshold in _THRESHOLDS:
                counts = await _counted(client, items, threshold)
                found.append(
                    {
                        "cache": name,
                        "threshold": threshold,
                        **_outcomes([counts[outcome] for outcome in _OUTCOMES]),
                    }
                )
    return sorted(found, key=lambda row: -row["threshold"])


async def _store(client: nearhit.AsyncClient, items: Sequence[Rewording]) -> None:
    entries = [nearhit.NewEntry(item.origin, "an answer") for item in items]
    for start in range(0, len(entries), _BATCH):
        for stored in await client.store_many(entries[start : start + _BATCH]):
            if isinstance(stored, nearhit.NearhitError):
                raise stored


async def _counted(
    client: nearhit.AsyncClient, items: Sequence[Rewording], threshold: float
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for item in items:
        match await client.search(item.similar, similarity_threshold=threshold):
            case nearhit.Hit(matches=[best, *_]):
                right = best.entry.prompt.strip() == item.origin.strip()
                counts["right" if right else "wrong"] += 1
            case _:
                counts["miss"] += 1
    return counts


def _outcomes(counts: Sequence[int]) -> dict[str, Any]:
    right, wrong, _ = counts
    hits = right + wrong
    return {
        **dict(zip(_OUTCOMES, counts, strict=True)),
        "wrong of hits, %": 100 * wrong / hits if hits else 0.0,
    }
