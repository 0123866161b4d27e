"""Pairs and scores made up for the tests, the same for the same seed."""

import numpy as np

from nearhit_server.tuning.pairs import Pair
from nearhit_server.tuning.scoring import PairScore
from nearhit_server.tuning.tune import Subject, held_out_half, tune

SUBJECT = Subject(
    source="pairs.tsv", from_reports=False, model="a-model", seed=1, max_false_hit_rate=0.02
)


def pairs(count, *, equivalent=0.4, seed=1):
    """Pairs that share no prompt."""
    labels = np.random.default_rng(seed).random(count) < equivalent
    return [Pair(f"asked {n}", f"stored {n}", bool(label)) for n, label in enumerate(labels)]


def scores(labelled, *, refused=0.3, confident=True, seed=2):
    """Scores that tell equivalent pairs from others most of the time, confidences better than
    similarities. `refused` is the share of different pairs that a guard refuses."""
    random = np.random.default_rng(seed)
    made = []
    for pair in labelled:
        similarity = np.clip(random.normal(0.88 if pair.equivalent else 0.7, 0.1), -1, 1)
        confidence = 1 / (1 + np.exp(-random.normal(2 if pair.equivalent else -3, 2)))
        guarded = not pair.equivalent and random.random() < refused
        made.append(
            PairScore(
                round(float(similarity), 6),
                float(confidence) if confident else None,
                "guard" if guarded else None,
            )
        )
    return made


def tuning(count=2_000, *, subject=SUBJECT, **options):
    """A tuning on made-up pairs."""
    labelled = pairs(count)
    return tuned(labelled, scores(labelled, **options), subject)


def tuned(labelled, scored, subject=SUBJECT):
    """A tuning on pairs and their scores, of a cache that begins at 0.95."""
    held_out = held_out_half(labelled, subject)
    return tune(labelled, scored, held_out, subject, min_confidence=0.95)
