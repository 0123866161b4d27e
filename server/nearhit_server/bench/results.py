"""What came of a run, as a value and as JSON."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Self

from nearhit_server.bench.histograms import Histogram, encoded, merged, milliseconds
from nearhit_server.bench.machine import machine
from nearhit_server.bench.preparing import Prepared
from nearhit_server.bench.recording import ANSWERED, Outcome
from nearhit_server.bench.settings import Load, Target

SCHEMA: Final = "nearhit-bench/1"


class NoResultsError(ValueError):
    """A file holds something other than results of a run."""


@dataclass(frozen=True)
class Results:
    """What came of a run. `latencies` and `lag` hold microseconds."""

    started_at: str
    interrupted: bool
    scenario: Mapping[str, Any]
    load: Mapping[str, Any]
    server: Mapping[str, Any]
    machine: Mapping[str, Any]
    measured_seconds: float
    due: int
    """Calls that should have been made: all others but the stores after a miss add up to it."""
    dropped: int
    unfinished: int
    errors: Mapping[str, int]
    latencies: Mapping[Outcome, Histogram]
    lag: Histogram
    cpu_share: float
    """Of a core, by the busiest process of the generator."""

    @classmethod
    def of_run(
        cls,
        states: Sequence[Mapping[str, Any]],
        *,
        started_at: datetime,
        interrupted: bool,
        scenario: Mapping[str, Any],
        load: Load,
        target: Target,
        prepared: Prepared,
    ) -> Self:
        """The sum of what the processes have seen."""
        errors: Counter[str] = Counter()
        for state in states:
            errors.update(state["errors"])
        return cls(
            started_at=started_at.isoformat(timespec="seconds"),
            interrupted=interrupted,
            scenario=scenario,
            load=asdict(load),
            server={
                "target": target.address,
                "tls": target.tls,
                "cache": prepared.session.cache,
                "cache_made_for_the_run": prepared.own,
                "entries_stored_before": prepared.entry_count,
            },
            machine=machine(),
            measured_seconds=max((state["seconds"] for state in states), default=0.0),
            due=sum(state["due"] for state in states),
            dropped=sum(state["dropped"] for state in states),
            unfinished=sum(state["unfinished"] for state in states),
            errors=dict(errors.most_common()),
            latencies=latencies_of(states),
            lag=merged([state["lag"] for state in states]),
            cpu_share=max((state.get("cpu_share", 0.0) for state in states), default=0.0),
        )

    @property
    def answered(self) -> Histogram:
        """The latencies of all calls that were no errors."""
        return merged([self.latencies[each] for each in ANSWERED if each in self.latencies])

    @property
    def answered_rate(self) -> float:
        """Answers a second that were no errors."""
        count: int = self.answered.get_total_count()
        return count / self.measured_seconds if self.measured_seconds else 0.0

    @property
    def is_open(self) -> bool:
        """Whether calls came at a fixed rate."""
        return self.load["rate"] is not None

    def record(self) -> dict[str, Any]:
        """All of it as JSON. The histograms are what everything else can be computed from."""
        summaries = {name: milliseconds(each) for name, each in self.latencies.items()}
        return {
            "schema": SCHEMA,
            "started_at": self.started_at,
            "interrupted": self.interrupted,
            "scenario": dict(self.scenario),
            "load": dict(self.load),
            "server": dict(self.server),
            "machine": dict(self.machine),
            "measured_seconds": self.measured_seconds,
            "answered_per_second": self.answered_rate,
            "counts": {
                "due": self.due,
                **{name: summary["count"] for name, summary in summaries.items()},
                "dropped": self.dropped,
                "unfinished": self.unfinished,
            },
            "errors": dict(self.errors),
            "latency_milliseconds": {**summaries, "answered": milliseconds(self.answered)},
            "scheduling_lag_milliseconds": milliseconds(self.lag) if self.is_open else None,
            "generator_cpu_share": self.cpu_share,
            "histograms_microseconds": {
                "latency": {name: encoded(each) for name, each in self.latencies.items()},
                "scheduling_lag": encoded(self.lag),
            },
        }

    @classmethod
    def restored(cls, content: bytes) -> Self:
        """The results that `record` made JSON of. Raises NoResultsError."""
        try:
            record = json.loads(content)
            schema = record.get("schema")
            if schema != SCHEMA:
                raise NoResultsError(f"is no results of this version: schema {schema!r}")
            counts, histograms = record["counts"], record["histograms_microseconds"]
            return cls(
                started_at=record["started_at"],
                interrupted=record["interrupted"],
                scenario=record["scenario"],
                load=record["load"],
                server=record["server"],
                machine=record["machine"],
                measured_seconds=record["measured_seconds"],
                due=counts["due"],
                dropped=counts["dropped"],
                unfinished=counts["unfinished"],
                errors=record["errors"],
                latencies={
                    Outcome(name): merged([each]) for name, each in histograms["latency"].items()
                },
                lag=merged([histograms["scheduling_lag"]]),
                cpu_share=record["generator_cpu_share"],
            )
        except NoResultsError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise NoResultsError(f"is no results of `nearhit bench --json`: {error!r}") from error


def latencies_of(states: Sequence[Mapping[str, Any]]) -> dict[Outcome, Histogram]:
    """The processes' histograms, added up by outcome."""
    return {
        outcome: merged(parts)
        for outcome in Outcome
        if (parts := [s["latencies"][outcome] for s in states if outcome in s["latencies"]])
    }
