"""Reports about hits: which are kept, and what they count."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from contract.quality_samples import (
    ODD,
    RIGHT,
    WRONG,
    all_reports,
    counts,
    put_reports,
    report,
)
from nearhit_server.core.entries import EntryChange
from nearhit_server.core.errors import NotFoundError, Reason
from nearhit_server.core.quality import reports

WRONG_AT_HALF = "wrong:0"
RIGHT_AT_HALF = "right:0"


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


@pytest.fixture
async def entry(store, spec, sample):
    entry = sample.entry("stored")
    await store.put(spec, [entry])
    return entry


def prompts_of(found):
    return [each.prompt for each in found]


@pytest.mark.parametrize("prompt", ["asked", ODD, "x" * 8_000])
async def test_report_is_read_as_it_was_put(store, spec, entry, clock, prompt):
    full = report(
        entry,
        prompt,
        similarity=0.1 + 0.2,
        confidence=1 / 3,
        reported_at=clock.now() + timedelta(microseconds=1),
    )
    bare = report(entry, "other", RIGHT, similarity=None, confidence=None)
    assert await store.put_report(spec, full) is False
    assert await store.put_report(spec, bare) is False
    assert await all_reports(store, spec) == [full, bare]
    assert await counts(store, spec) == {"wrong:-1": 1, "right:unknown": 1}


async def test_cache_begins_without_reports_and_counts(store, spec):
    assert await all_reports(store, spec) == []
    assert await counts(store, spec) == {}


async def test_repeated_report_changes_neither_counts_nor_order(store, spec, entry):
    await put_reports(store, spec, entry, "abc")
    before = await all_reports(store, spec)
    again = report(entry, " A ", reported_at=entry.updated_at + timedelta(hours=1))
    await store.put_report(spec, again)
    assert await all_reports(store, spec) == before
    assert await counts(store, spec) == {WRONG_AT_HALF: 3, "quarantined": 1}


async def test_last_of_several_verdicts_counts_and_comes_last(store, spec, entry):
    await put_reports(store, spec, entry, "ab")
    changed = report(entry, "A", RIGHT)
    await store.put_report(spec, changed)
    assert await all_reports(store, spec) == [report(entry, "b"), changed]
    assert await counts(store, spec) == {WRONG_AT_HALF: 1, RIGHT_AT_HALF: 1}
    await store.put_report(spec, report(entry, "b", RIGHT))
    assert await counts(store, spec) == {RIGHT_AT_HALF: 2}


async def test_verdict_of_another_confidence_is_counted_under_that(store, spec, entry):
    await store.put_report(spec, report(entry, "a", confidence=None))
    known = report(entry, "a")
    await store.put_report(spec, known)
    assert await all_reports(store, spec) == [known]
    assert await counts(store, spec) == {WRONG_AT_HALF: 1}


async def test_same_prompt_about_a_changed_entry_is_another_report(store, spec, entry, clock):
    await store.put_report(spec, report(entry, "a"))
    clock.advance(timedelta(seconds=1))
    change = EntryChange(response="new", updated_at=clock.now())
    changed = await store.update(spec, entry.entry_id, change)
    await store.put_report(spec, report(changed, "a"))
    assert len(await all_reports(store, spec)) == 2
    assert await counts(store, spec) == {WRONG_AT_HALF: 2}


async def test_report_about_an_entry_that_is_gone_is_refused(store, spec, entry, sample, clock):
    expiring = sample.entry("expiring", ttl=timedelta(minutes=1))
    await store.put(spec, [expiring])
    await store.put_report(spec, report(entry, "a"))
    await store.delete(spec, [entry.entry_id])
    clock.advance(timedelta(minutes=1))
    for gone in (entry, expiring):
        with pytest.raises(NotFoundError) as raised:
            await store.put_report(spec, report(gone, "a"))
        assert raised.value.reason is Reason.ENTRY_NOT_FOUND
    assert prompts_of(await all_reports(store, spec)) == ["a"]
    assert await counts(store, spec) == {WRONG_AT_HALF: 1}


async def test_oldest_reports_are_forgotten_but_stay_counted(store, spec, entry, monkeypatch):
    monkeypatch.setattr(reports, "MAX_REPORTS", 3)
    await put_reports(store, spec, entry, "abcde", RIGHT)
    assert prompts_of(await all_reports(store, spec)) == ["c", "d", "e"]
    assert await counts(store, spec) == {RIGHT_AT_HALF: 5}


async def test_lowered_limit_forgets_many_at_once(store, spec, entry, monkeypatch):
    await put_reports(store, spec, entry, "abcdefgh", RIGHT)
    monkeypatch.setattr(reports, "MAX_REPORTS", 2)
    await store.put_report(spec, report(entry, "i", RIGHT))
    assert prompts_of(await all_reports(store, spec)) == ["h", "i"]


async def test_concurrent_reports_about_different_prompts_are_all_counted(store, spec, entry):
    verdicts = [RIGHT if number % 5 else WRONG for number in range(50)]
    await asyncio.gather(
        *(store.put_report(spec, report(entry, f"{n}", v)) for n, v in enumerate(verdicts))
    )
    found = await all_reports(store, spec)
    assert sorted(int(each.prompt) for each in found) == list(range(50))
    tallies = await store.read_tallies(spec)
    assert (tallies[RIGHT_AT_HALF], tallies[WRONG_AT_HALF]) == (40, 10)


async def test_concurrent_reports_about_one_prompt_count_once(store, spec, entry):
    verdicts = [RIGHT if number % 2 else WRONG for number in range(50)]
    await asyncio.gather(*(store.put_report(spec, report(entry, "a", v)) for v in verdicts))
    (kept,) = await all_reports(store, spec)
    assert await counts(store, spec) == {f"{kept.verdict.value}:0": 1}


async def test_reports_are_listed_by_pages(store, spec, entry):
    await put_reports(store, spec, entry, "abcdefg", RIGHT)
    for page in (1, 3, 7):
        assert prompts_of(await all_reports(store, spec, page=page)) == list("abcdefg")
    last = await store.list_reports(spec, cursor=None, limit=7)
    assert last.next_cursor is None


async def test_changes_between_pages_lose_no_report(store, spec, entry):
    await put_reports(store, spec, entry, "abcdef", RIGHT)
    first = await store.list_reports(spec, cursor=None, limit=3)
    # One that was shown and one that was not move to the end.
    await put_reports(store, spec, entry, "bd")
    rest = await store.list_reports(spec, cursor=first.next_cursor, limit=9)
    assert prompts_of([*first.reports, *rest.reports]) == list("abc" + "ef" + "bd")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "1.2", "reports.1", "reports.٣.1", "reports.1.-1", "9" * 99, "reports.1.1\n"],
)
async def test_list_reports_raises_for_what_is_no_cursor(store, spec, cursor):
    with pytest.raises(ValueError, match="cursor"):
        await store.list_reports(spec, cursor=cursor, limit=1)


async def test_list_reports_raises_for_the_cursor_of_something_else(store, spec, entry, sample):
    await put_reports(store, spec, entry, "ab")
    cursor = (await store.list_reports(spec, cursor=None, limit=1)).next_cursor
    other = await store.create_cache(sample.spec("other"))
    await store.flush(spec)
    emptied = await store.get_cache("cache")
    with pytest.raises(ValueError, match="cursor"):
        await store.list_shadow_searches(emptied, cursor=cursor, limit=1)
    for of in (other, emptied):
        with pytest.raises(ValueError, match="cursor"):
            await store.list_reports(of, cursor=cursor, limit=1)


async def test_reports_and_counts_go_with_the_epoch(store, spec, entry):
    await put_reports(store, spec, entry, "abc")
    await store.flush(spec)
    spec = await store.get_cache("cache")
    assert await all_reports(store, spec) == []
    assert await counts(store, spec) == {}
    await store.put(spec, [entry])
    assert await put_reports(store, spec, entry, "ab") is False


async def test_reports_stay_when_settings_change(store, spec, entry):
    await put_reports(store, spec, entry, "ab")
    spec = await store.update_cache(replace(spec, shadow=True), flush=False)
    assert prompts_of(await all_reports(store, spec)) == ["a", "b"]
    assert await counts(store, spec) == {WRONG_AT_HALF: 2}
