"""Results that nobody measured."""

from datetime import UTC, datetime

from nearhit_server.bench.histograms import encoded, new_histogram, record
from nearhit_server.bench.preparing import Prepared
from nearhit_server.bench.results import Results
from nearhit_server.bench.scenarios import Mix, scenario_record
from nearhit_server.bench.settings import Load, Session, Target

OPEN = Load(rate=10.0)


def histogram(*milliseconds: float) -> str:
    """Of these latencies, encoded."""
    made = new_histogram()
    for each in milliseconds:
        record(made, each / 1_000)
    return encoded(made)


def state(**changes: object) -> dict[str, object]:
    """What a process has seen."""
    return {
        "seconds": 10.0,
        "due": 100,
        "dropped": 0,
        "unfinished": 0,
        "errors": {},
        "latencies": {"hit": histogram(*range(1, 91)), "miss": histogram(*range(91, 101))},
        "lag": histogram(*[0.1] * 100),
        "cpu_share": 0.3,
        **changes,
    }


def results(*states: dict[str, object], load: Load = OPEN, interrupted: bool = False) -> Results:
    """The results of a mix."""
    session = Session(cache="bench-1", seed=1, dimension=384, ttl_seconds=60.0)
    return Results.of_run(
        states or (state(),),
        started_at=datetime(2030, 1, 2, tzinfo=UTC),
        interrupted=interrupted,
        scenario=scenario_record(Mix()),
        load=load,
        target=Target("localhost:1", api_key="secret"),
        prepared=Prepared(session, own=True, entry_count=1_000, seconds=1.0),
    )
