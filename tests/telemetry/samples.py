"""Metrics as Prometheus would read them, and what is told to them."""

from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from nearhit_server.core.queries import Candidate, RefusalReason

NEAREST: Final = Candidate(
    entry=None, similarity=0.5, confidence=0.25, reason=RefusalReason.GUARD, detail="2 against 3"
)
"""The entry that a miss names."""


class Samples(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """The value of each time series."""

    def of(self, name: str, **labels: str) -> float | None:
        """The series of this name with just these labels, None if there is none."""
        return self.get((name, frozenset(labels.items())))

    def named(self, name: str) -> dict[frozenset[tuple[str, str]], float]:
        """All series of a name by their labels."""
        return {labels: value for (found, labels), value in self.items() if found == name}


def samples_of(text: bytes) -> Samples:
    """What an exposition says. No time series may come twice."""
    samples = Samples()
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in samples
            samples[key] = sample.value
    return samples
