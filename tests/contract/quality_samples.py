"""Reports and searches in shadow mode for tests of stores."""

from typing import Any

from nearhit_server.core.caches import Strategy
from nearhit_server.core.entries import Entry
from nearhit_server.core.quality.reports import HitReport, ShadowSearch, Verdict
from nearhit_server.core.queries import RefusalReason

RIGHT, WRONG = Verdict.RIGHT, Verdict.WRONG

ODD = 'größe 🦊 "quoted" \\ a|b right wrong -\n{}'
"""A prompt with what could be taken for something else."""


def report(entry: Entry, prompt: str, verdict: Verdict = WRONG, **fields: Any) -> HitReport:
    """A report about an entry as it is now; by default of a confidence of 1/2."""
    defaults = {"similarity": 0.9, "confidence": 0.5, "reported_at": entry.updated_at}
    return HitReport.of(entry, prompt, verdict, **(defaults | fields))


def shadow_search(entry: Entry, prompt: str, **fields: Any) -> ShadowSearch:
    """A search that a shadowed cache would have refused the entry for."""
    defaults = {
        "entry_id": entry.entry_id,
        "entry_prompt": entry.prompt,
        "similarity": 0.1 + 0.2,
        "confidence": 1 / 3,
        "strategy": Strategy.SEMANTIC,
        "refusal": RefusalReason.LOW_CONFIDENCE,
        "searched_at": entry.updated_at,
    }
    return ShadowSearch(prompt=prompt, **(defaults | fields))


async def put_reports(store, spec, entry, prompts, verdict=WRONG):
    """Report an entry for several prompts; returns the last answer."""
    quarantined = False
    for prompt in prompts:
        quarantined = await store.put_report(spec, report(entry, prompt, verdict))
    return quarantined


async def all_reports(store, spec, *, page=100):
    """Every report, by pages."""
    found, cursor = [], None
    while True:
        listed = await store.list_reports(spec, cursor=cursor, limit=page)
        found += listed.reports
        cursor = listed.next_cursor
        if cursor is None:
            return found


async def all_shadow_searches(store, spec, *, page=100):
    """Every search in shadow mode, by pages."""
    found, cursor = [], None
    while True:
        listed = await store.list_shadow_searches(spec, cursor=cursor, limit=page)
        found += listed.searches
        cursor = listed.next_cursor
        if cursor is None:
            return found


async def counts(store, spec):
    """The counts that are not 0."""
    tallies = await store.read_tallies(spec)
    return {name: count for name, count in tallies.items() if count}
