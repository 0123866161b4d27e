"""What searches in shadow mode came to, as a JSON object and as tables for people. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from nearhit import ShadowSearch
from nearhit_server.cli import output
from nearhit_server.cli.quality_rendering import counted_share, percent, reason_words
from nearhit_server.cli.shadow_summary import ShadowSummary

_BANDS: Final = {
    0.99: "0.99 and more",
    0.95: "0.95 to 0.99",
    0.9: "0.9 to 0.95",
    0.8: "0.8 to 0.9",
    0.0: "under 0.8",
}

_SHOWN_CHARACTERS: Final = 120
"""Of a prompt in a table; JSON has all of it."""


def summary_record(summary: ShadowSummary) -> dict[str, Any]:
    """The summary with its examples; what is not known is null."""
    return {
        "searches": summary.searches,
        "would_hit": summary.would_hit,
        "expected_false_hit_rate": summary.false_hit_rate,
        "bands": [
            {"least_confidence": least, "would_hit": count}
            for least, count in summary.bands.items()
        ],
        "unverified": summary.unverified,
        "refusals": {reason.value: count for reason, count in summary.refusals.items()},
        "nothing_to_compare": summary.alone,
        "least_sure": [_search_record(search) for search in summary.least_sure],
        "nearest_refused": [_search_record(search) for search in summary.nearest_refused],
    }


def summary_fields(summary: ShadowSummary) -> dict[str, str]:
    """The figures that come first, for people."""
    rate = summary.false_hit_rate
    return {
        "searches recorded": f"{summary.searches:,}",
        "would have hit": counted_share(summary.would_hit, summary.searches),
        "expected false-hit rate": "not known" if rate is None else percent(rate),
    }


def summary_tables(summary: ShadowSummary) -> list[tuple[str, Table]]:
    """The tables that follow, each with its title; none that would be empty."""
    tables = []
    if summary.would_hit:
        tables.append(("Would-be hits by confidence", _bands(summary)))
    if summary.would_hit < summary.searches:
        tables.append(("Misses by their reason", _refusals(summary)))
    if summary.least_sure:
        tables.append(("The least sure of the would-be hits", _examples(summary.least_sure)))
    if summary.nearest_refused:
        tables.append(
            ("The nearest that were refused", _examples(summary.nearest_refused, reasons=True))
        )
    return tables


def _bands(summary: ShadowSummary) -> Table:
    rows = [(_BANDS[least], count) for least, count in summary.bands.items()]
    if summary.unverified:
        rows.append(("not verified", summary.unverified))
    return _counts("confidence", rows, of=summary.would_hit)


def _refusals(summary: ShadowSummary) -> Table:
    by_count = sorted(summary.refusals.items(), key=lambda item: -item[1])
    rows = [(reason_words(reason), count) for reason, count in by_count]
    if summary.alone:
        rows.append(("nothing to compare with", summary.alone))
    return _counts("reason", rows, of=summary.searches - summary.would_hit)


def _counts(title: str, rows: Iterable[tuple[str, int]], *, of: int) -> Table:
    table = Table(title, box=None, pad_edge=False)
    table.add_column("searches", justify="right")
    table.add_column("share", justify="right")
    for name, count in rows:
        table.add_row(name, f"{count:,}", percent(count / of))
    return table


def _examples(searches: Sequence[ShadowSearch], *, reasons: bool = False) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("confidence", "similarity"):
        table.add_column(title, justify="right")
    for title in (*(("reason",) if reasons else ()), "asked", "stored"):
        table.add_column(title)
    for search in searches:
        sure = "" if search.confidence is None else f"{search.confidence:.4f}"
        words = [reason_words(search.refusal)] if search.refusal is not None else []
        prompts = [_shown(search.prompt), _shown(search.entry_prompt)]
        row = [sure, f"{search.similarity:.4f}", *words, *prompts]
        table.add_row(*(Text(cell) for cell in row))
    return table


def _shown(prompt: str) -> str:
    line = " ".join(prompt.split())
    cut = line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…"
    return output.visible(cut)


def _search_record(search: ShadowSearch) -> dict[str, Any]:
    return {
        "searched_at": search.searched_at.isoformat(),
        "prompt": search.prompt,
        "entry_id": search.entry_id,
        "entry_prompt": search.entry_prompt,
        "similarity": search.similarity,
        "confidence": search.confidence,
        "strategy": search.strategy.value,
        "refusal": None if search.refusal is None else search.refusal.value,
    }
