"""How often Redis' approximate search misses the nearest entry, and what not missing it costs.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.redis_recall

The constants of stores/redis/searches.py rest on this.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import redis

from benchmarks.redis_under_test import redis_under_test
from benchmarks.reporting import machine, print_table, write_json
from benchmarks.sample_data import DIMENSION, random_vectors, reworded, topic_vectors
from nearhit_server.core.vectors import FloatMatrix

INDEX: Final = "nearhit-benchmark:idx"
PREFIX: Final = "nearhit-benchmark:e:"

NEIGHBOURS: Final = 9
"""What the store asks for where the caller wants one: one and eight spare ones."""


class Tuning(NamedTuple):
    """An HNSW graph: edges a node, and candidates while it is built."""

    m: int
    ef_construction: int

    @classmethod
    def parse(cls, text: str) -> "Tuning":
        """From M:EF_CONSTRUCTION."""
        m, _, ef_construction = text.partition(":")
        return cls(int(m), int(ef_construction))


def main() -> None:
    """Measure every graph at every EF_RUNTIME."""
    arguments = _arguments()
    vectors = _vectors(arguments.data, arguments.entries)
    queries = {
        "0.8-0.95": reworded(vectors, arguments.queries),
        "0.6-0.8": reworded(vectors, arguments.queries, low=0.6, high=0.8),
        "unrelated": random_vectors(arguments.queries, seed=77),
    }
    rows: list[dict[str, Any]] = []
    with redis_under_test(arguments.redis) as url, redis.Redis.from_url(url) as client:
        for tuning in arguments.graphs:
            with filled(client, vectors, tuning) as built:
                measured = list(measure(client, vectors, queries, arguments.ef_runtimes))
            rows += [built | row for row in measured]
            print_table(f"{len(vectors):,} entries, {arguments.data}", rows[-len(measured) :])
        write_json(arguments.json, {"machine": machine(url), "data": arguments.data, "rows": rows})


@contextmanager
def filled(client: redis.Redis, vectors: FloatMatrix, tuning: Tuning) -> Iterator[dict[str, Any]]:
    """An index of the vectors, gone after the block; what it took to build."""
    graph = ("M", tuning.m, "EF_CONSTRUCTION", tuning.ef_construction)
    type_ = ("TYPE", "FLOAT32", "DIM", DIMENSION, "DISTANCE_METRIC", "COSINE", *graph)
    schema = ("vector", "VECTOR", "HNSW", len(type_), *type_)
    _run(client, "FT.CREATE", INDEX, "ON", "HASH", "PREFIX", 1, PREFIX, "SCHEMA", *schema)
    before = client.info("memory")["used_memory"]
    began = time.perf_counter()
    try:
        for batch in _batches(len(vectors), 500):
            with client.pipeline(transaction=False) as pipeline:
                for number in batch:
                    pipeline.hset(f"{PREFIX}{number}", "vector", vectors[number].tobytes())
                pipeline.execute()
        seconds = time.perf_counter() - began
        used = client.info("memory")["used_memory"] - before
        yield {
            "M": tuning.m,
            "EF_CONSTRUCTION": tuning.ef_construction,
            "build s": round(seconds, 1),
            "bytes a vector": used // len(vectors),
        }
    finally:
        _run(client, "FT.DROPINDEX", INDEX)
        for batch in _batches(len(vectors), 5_000):
            client.unlink(*[f"{PREFIX}{number}" for number in batch])


def measure(
    client: redis.Redis,
    vectors: FloatMatrix,
    queries: dict[str, FloatMatrix],
    ef_runtimes: Sequence[int],
) -> Iterator[dict[str, Any]]:
    """A row for each EF_RUNTIME."""
    exact = {kind: np.argmax(asked @ vectors.T, axis=1) for kind, asked in queries.items()}
    for ef_runtime in ef_runtimes:
        row: dict[str, Any] = {"EF_RUNTIME": ef_runtime}
        for kind, asked in queries.items():
            found, milliseconds = _search(client, asked, ef_runtime)
            row[f"recall {kind}"] = float(np.mean(found == exact[kind]))
            row[f"ms {kind}"] = float(np.median(milliseconds))
        yield row


def _search(client: redis.Redis, queries: FloatMatrix, ef_runtime: int) -> tuple[Any, list[float]]:
    found, milliseconds = [], []
    for query in queries:
        began = time.perf_counter()
        reply: Any = _run(
            client,
            *("FT.SEARCH", INDEX, "*=>[KNN $k @vector $vector EF_RUNTIME $ef AS distance]"),
            *("SORTBY", "distance", "NOCONTENT", "LIMIT", 0, 1),
            *("PARAMS", 6, "k", NEIGHBOURS, "vector", query.tobytes(), "ef", ef_runtime),
            *("DIALECT", 2),
        )
        milliseconds.append((time.perf_counter() - began) * 1_000)
        found.append(int(_first_key(reply).removeprefix(PREFIX)) if reply else -1)
    return np.array(found), milliseconds


def _run(client: redis.Redis, *command: Any) -> Any:
    return client.execute_command(*command)  # type: ignore[no-untyped-call]


def _first_key(reply: Any) -> str:
    key = reply[b"results"][0][b"id"] if isinstance(reply, dict) else reply[1]
    return str(key.decode())


def _batches(count: int, size: int) -> Iterator[range]:
    return (range(first, min(first + size, count)) for first in range(0, count, size))


def _vectors(data: str, count: int) -> FloatMatrix:
    match data:
        case "topics":
            return topic_vectors(count)
        case "random":
            return random_vectors(count)
    return np.asarray(np.load(data)[:count], np.float32)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=1_000, help="of each kind")
    parser.add_argument("--data", default="topics", help="topics, random, or a file of NumPy's")
    parser.add_argument(
        "--graphs", type=Tuning.parse, nargs="+", default=[Tuning(16, 200)], metavar="M:EF"
    )
    parser.add_argument("--ef-runtimes", type=int, nargs="+", default=[10, 50, 100, 200, 400])
    parser.add_argument("--json", type=Path, help="file to write the results to")
    return parser.parse_args()


if __name__ == "__main__":
    main()
