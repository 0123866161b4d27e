"""`nearhit demo`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Final

import typer
from rich import box
from rich.table import Table
from rich.text import Text

import nearhit
from nearhit_server.cli import options, output
from nearhit_server.cli.demo_searches import (
    NEAR_MISS_SIMILARITY,
    QUESTIONS,
    THRESHOLD,
    demo_entries,
)
from nearhit_server.cli.server_options import Server, with_server_options

DEMO_CACHE: Final = "nearhit-demo"

_ANSWER_CHARACTERS: Final = 48
_STYLES: Final = {
    "HIT exact": "bold green",
    "HIT semantic": "green",
    "near miss": "yellow",
    "miss": "dim",
}


@dataclass(frozen=True)
class DemoSearch:
    """One row of the demo's table."""

    asked: str
    outcome: str
    similarity: float | None
    matched_prompt: str | None
    response: str | None
    milliseconds: float


@with_server_options
def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help=f"Leave the cache {DEMO_CACHE} behind.")
    ] = False,
    as_json: options.JsonOption = False,
    *,
    server: Server,
) -> None:
    """Show what the cache finds on a running server, and what not.

    Fills a cache of its own, nearhit-demo, with everyday questions and answers, asks some of
    them in other words, and removes the cache again.
    """
    with server.client(DEMO_CACHE) as client, _demo_cache(client, keep=keep):
        loaded = _load(client)
        searches = [_search(client, question) for question in QUESTIONS]
    if as_json:
        rows = [asdict(search) for search in searches]
        output.print_json({"threshold": THRESHOLD, "loaded": loaded, "searches": rows})
    else:
        _print_searches(searches, loaded, target=server.target, keep=keep)


@contextmanager
def _demo_cache(client: nearhit.Client, *, keep: bool) -> Iterator[None]:
    """An empty cache for the body. One left behind by an earlier demo is used again."""
    both = (nearhit.Strategy.EXACT, nearhit.Strategy.SEMANTIC)
    try:
        client.create_cache(DEMO_CACHE, similarity_threshold=THRESHOLD, strategies=both)
    except nearhit.AlreadyExistsError:
        client.flush()
        client.update_cache(DEMO_CACHE, similarity_threshold=THRESHOLD, strategies=both)
    try:
        yield
    finally:
        if not keep:
            client.delete_cache(DEMO_CACHE)


def _load(client: nearhit.Client) -> int:
    outcomes = client.store_many(demo_entries())
    for outcome in outcomes:
        if isinstance(outcome, nearhit.NearhitError):
            raise outcome
    return len(outcomes)


def _search(client: nearhit.Client, question: str) -> DemoSearch:
    begun = time.perf_counter()
    result = client.search(question, similarity_threshold=THRESHOLD)
    milliseconds = round((time.perf_counter() - begun) * 1_000, 1)
    if isinstance(result, nearhit.Miss):
        nearest = result.nearest_similarity
        near = nearest is not None and nearest >= NEAR_MISS_SIMILARITY
        outcome = "near miss" if near else "miss"
        return DemoSearch(question, outcome, nearest, None, None, milliseconds)
    best = result.matches[0]
    return DemoSearch(
        question,
        f"HIT {best.strategy.value}",
        best.similarity,
        best.entry.prompt,
        best.entry.response,
        milliseconds,
    )


def _print_searches(searches: list[DemoSearch], loaded: int, *, target: str, keep: bool) -> None:
    output.print_line(f"{loaded} questions are in the cache; threshold {THRESHOLD:.2f}")
    output.print_table(_table(searches))
    output.print_line("A near miss is close, but has another answer: the cache does not guess.")
    if keep:
        output.print_line(f'Try: nearhit search --target {target} --cache {DEMO_CACHE} "..."')


def _table(searches: list[DemoSearch]) -> Table:
    table = Table("asked", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("outcome", no_wrap=True)
    table.add_column("similarity", justify="right")
    table.add_column("matched prompt")
    table.add_column("answer")
    table.add_column("ms", justify="right", no_wrap=True)
    for search in searches:
        style = _STYLES[search.outcome]
        table.add_row(
            Text(search.asked),
            Text(search.outcome, style=style),
            "" if search.similarity is None else f"{search.similarity:.4f}",
            Text(search.matched_prompt or ""),
            Text(_shortened(search.response or "")),
            f"{search.milliseconds:.1f}",
        )
    return table


def _shortened(answer: str) -> str:
    if len(answer) <= _ANSWER_CHARACTERS:
        return answer
    return answer[: _ANSWER_CHARACTERS - 1].rsplit(" ", 1)[0] + " …"
