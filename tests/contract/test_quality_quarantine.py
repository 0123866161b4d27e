"""Entries that are reported wrong: kept, listed, and found by no search."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from contract.quality_samples import RIGHT, WRONG, put_reports, report
from contract.samples import angled, prompts, used, vector
from nearhit_server.core.entries import (
    EntryChange,
    LifetimeChange,
    MetadataChange,
    PromptChange,
    PromptKey,
)
from nearhit_server.core.errors import NotFoundError, Reason
from nearhit_server.core.filters import TagIn, carrying

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


@pytest.fixture
async def entry(store, spec, sample):
    entry = sample.entry("stored", attributes={"lang": "en"}, ttl=60 * MINUTE)
    await store.put(spec, [entry])
    return entry


async def found(store, spec, entry, where=None):
    """Whether each of the two searches finds the entry."""
    exact = await store.find_exact(spec, PromptKey.of(entry.prompt), where=where, limit=9)
    nearest = await store.find_nearest(spec, vector(1), where=where, limit=9)
    return (
        entry.entry_id in [each.entry_id for each in exact],
        entry.entry_id in [each.entry.entry_id for each in nearest],
    )


async def quarantined(store, spec):
    return (await store.read_tallies(spec)).get("quarantined", 0)


async def quarantine(store, spec, *entries):
    for entry in entries:
        assert await put_reports(store, spec, entry, ("w1", "w2", "w3"))


async def test_quarantined_entry_is_kept_and_listed_but_found_by_no_search(store, spec, entry):
    assert await found(store, spec, entry) == (True, True)
    assert await put_reports(store, spec, entry, "ab") is False
    assert await found(store, spec, entry) == (True, True)
    assert await put_reports(store, spec, entry, "c") is True
    for where in (None, carrying({"lang": "en"}), TagIn("lang", ("en", "de"))):
        assert await found(store, spec, entry, where) == (False, False)
    assert (await store.get(spec, entry.entry_id)).quarantined
    page = await store.list_entries(spec, where=None, cursor=None, limit=9)
    assert [each.quarantined for each in page.entries] == [True]
    assert await store.count(spec) == 1
    assert await quarantined(store, spec) == 1


async def test_entry_that_is_as_often_right_is_not_quarantined(store, spec, entry):
    await put_reports(store, spec, entry, "abcd", RIGHT)
    assert await put_reports(store, spec, entry, "wxyz") is False
    assert await put_reports(store, spec, entry, ["one more"]) is True


async def test_one_prompt_counts_once_however_often_it_is_reported(store, spec, entry):
    assert await put_reports(store, spec, entry, ["a", "A", " a", "a", "b"]) is False
    await store.put_report(spec, report(entry, "a", RIGHT))
    # Two are wrong for sure, and one is right.
    assert await put_reports(store, spec, entry, "c") is False
    await store.put_report(spec, report(entry, "a", WRONG))
    assert await quarantined(store, spec) == 1


async def test_quarantine_outlasts_a_verdict_that_is_taken_back(store, spec, entry):
    await put_reports(store, spec, entry, "abc")
    assert await store.put_report(spec, report(entry, "a", RIGHT)) is True
    assert await found(store, spec, entry) == (False, False)


async def test_later_reports_tell_that_the_entry_is_quarantined(store, spec, entry):
    await put_reports(store, spec, entry, "abc")
    assert await put_reports(store, spec, entry, ["c", "d"]) is True
    assert await quarantined(store, spec) == 1


async def test_concurrent_reports_quarantine_an_entry_once(store, spec, entry):
    answers = await asyncio.gather(
        *(store.put_report(spec, report(entry, f"{n}")) for n in range(20))
    )
    assert answers.count(True) == 18
    assert await quarantined(store, spec) == 1
    assert await store.release(spec, entry.entry_id)
    assert await quarantined(store, spec) == 0


async def test_released_entry_is_found_and_nothing_is_held_against_it(store, spec, entry):
    await put_reports(store, spec, entry, "abc")
    assert await store.release(spec, entry.entry_id) is True
    assert await found(store, spec, entry) == (True, True)
    assert (await store.get(spec, entry.entry_id)).quarantined is False
    assert await quarantined(store, spec) == 0
    assert await store.release(spec, entry.entry_id) is False
    # Repeated, or taken back, they are still the reports from before.
    assert await put_reports(store, spec, entry, "abc") is False
    assert await store.put_report(spec, report(entry, "a", RIGHT)) is False
    assert await put_reports(store, spec, entry, "de") is False
    assert await put_reports(store, spec, entry, "f") is True


async def test_release_ends_what_was_reported_of_an_entry_not_yet_quarantined(store, spec, entry):
    await put_reports(store, spec, entry, "ab")
    assert await store.release(spec, entry.entry_id) is False
    assert await put_reports(store, spec, entry, "cd") is False
    assert await put_reports(store, spec, entry, "e") is True


async def test_release_raises_when_there_is_no_entry(store, spec, entry):
    await store.delete(spec, [entry.entry_id])
    with pytest.raises(NotFoundError) as raised:
        await store.release(spec, entry.entry_id)
    assert raised.value.reason is Reason.ENTRY_NOT_FOUND


async def test_entry_without_a_vector_is_quarantined_and_released(store, spec, sample):
    entry = sample.entry("exact", vector=None)
    await store.put(spec, [entry])
    await quarantine(store, spec, entry)
    assert await found(store, spec, entry) == (False, False)
    assert await store.release(spec, entry.entry_id)
    assert await found(store, spec, entry) == (True, False)


async def test_replaced_entry_comes_free(store, spec, entry):
    await quarantine(store, spec, entry)
    # While the clock stands still, so that not even the time of change tells them apart.
    await store.put(spec, [entry])
    assert await found(store, spec, entry) == (True, True)
    assert not (await store.get(spec, entry.entry_id)).quarantined
    assert await quarantined(store, spec) == 0
    assert await put_reports(store, spec, entry, "ab") is False
    assert await put_reports(store, spec, entry, "c") is True
    assert await found(store, spec, entry) == (False, False)


async def test_entry_put_as_quarantined_is_not(store, spec, entry):
    await quarantine(store, spec, entry)
    read = await store.get(spec, entry.entry_id)
    await store.put(spec, [replace(read, vector=entry.vector)])
    assert await found(store, spec, entry) == (True, True)


CHANGES = {
    "response": {"response": "new"},
    "prompt": {"prompt": PromptChange("stored", vector(1))},
    "attributes": {"attributes": {"lang": "de"}},
    "metadata": {"metadata": MetadataChange(None)},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_changed_entry_comes_free(store, spec, entry, clock, change):
    await quarantine(store, spec, entry)
    changed = EntryChange(**change, updated_at=clock.now())
    assert not (await store.update(spec, entry.entry_id, changed)).quarantined
    assert await found(store, spec, entry) == (True, True)
    assert await quarantined(store, spec) == 0
    assert await put_reports(store, spec, entry, "xy") is False


async def test_neither_a_longer_life_nor_a_use_sets_an_entry_free(store, sample, clock):
    spec = await store.create_cache(sample.spec("sliding", ttl_refresh_on_hit=True, max_entries=9))
    entry = sample.entry("stored", ttl=MINUTE)
    await store.put(spec, [entry])
    await quarantine(store, spec, entry)
    await store.touch(spec, [used(entry)])
    clock.advance(MINUTE / 2)
    renewal = LifetimeChange(MINUTE, clock.now() + MINUTE)
    for updated_at in (None, clock.now()):
        change = EntryChange(lifetime=renewal, updated_at=updated_at)
        assert (await store.update(spec, entry.entry_id, change)).quarantined
    clock.advance(MINUTE * 0.75)
    assert await found(store, spec, entry) == (False, False)
    assert await quarantined(store, spec) == 1
    clock.advance(MINUTE / 2)
    assert await quarantined(store, spec) == 0


async def test_report_about_an_earlier_state_is_counted_but_not_held_against(
    store, spec, entry, clock
):
    await put_reports(store, spec, entry, "a")
    clock.advance(MINUTE)
    change = EntryChange(response="new", updated_at=clock.now())
    changed = await store.update(spec, entry.entry_id, change)
    assert await put_reports(store, spec, entry, "abcd") is False
    assert (await store.read_tallies(spec))["wrong:0"] == 4
    assert await put_reports(store, spec, changed, "ab") is False
    # Taking back what was said of the earlier state does not count for this one.
    await store.put_report(spec, report(entry, "a", RIGHT))
    assert await put_reports(store, spec, changed, "c") is True


async def test_report_about_an_earlier_state_tells_that_the_entry_is_quarantined(
    store, spec, entry, clock
):
    clock.advance(MINUTE)
    change = EntryChange(response="new", updated_at=clock.now())
    changed = await store.update(spec, entry.entry_id, change)
    await quarantine(store, spec, changed)
    assert await store.put_report(spec, report(entry, "a")) is True


async def test_forgotten_reports_are_still_held_against_the_entry(store, spec, entry, monkeypatch):
    monkeypatch.setattr("nearhit_server.core.quality.reports.MAX_REPORTS", 1)
    await quarantine(store, spec, entry)


async def test_count_of_quarantined_entries_follows_what_becomes_of_them(
    store, spec, sample, clock
):
    kept, deleted, replaced, changed, _, released = entries = [
        sample.entry(name, ttl=MINUTE if name == "expiring" else None)
        for name in ("kept", "deleted", "replaced", "changed", "expiring", "released")
    ]
    await store.put(spec, entries)
    await quarantine(store, spec, *entries)
    assert await quarantined(store, spec) == 6
    await store.delete(spec, [deleted.entry_id])
    await store.put(spec, [replaced])
    await store.update(spec, changed.entry_id, EntryChange(response="new", updated_at=clock.now()))
    await store.release(spec, released.entry_id)
    assert await quarantined(store, spec) == 2
    clock.advance(MINUTE)
    assert await quarantined(store, spec) == 1
    # What was deleted comes back free, and quarantined again it counts once.
    await store.put(spec, [deleted])
    assert await quarantined(store, spec) == 1
    assert await put_reports(store, spec, replaced, "abc")
    assert await quarantined(store, spec) == 2
    assert (await store.get(spec, kept.entry_id)).quarantined


async def test_evicted_and_selected_entries_are_no_longer_counted(store, sample):
    spec = await store.create_cache(sample.spec("bounded", max_entries=2))
    entries = [sample.entry(name, attributes={"n": name}) for name in "ab"]
    await store.put(spec, entries)
    await quarantine(store, spec, *entries)
    await store.put(spec, [sample.entry("c")])
    assert await quarantined(store, spec) == 1
    assert await store.delete_where(spec, carrying({"n": "b"})) == 1
    assert await quarantined(store, spec) == 0


async def test_quarantined_entries_hide_no_other_from_a_search_by_similarity(store, spec, sample):
    # More than the first search asks for, and nearer.
    near = [sample.entry(f"{n}", attributes={"lang": "en"}) for n in range(12)]
    other = sample.entry("other", vector=angled(0.5), attributes={"lang": "en"})
    await store.put(spec, [*near, other])
    await quarantine(store, spec, *near)
    for where in (None, carrying({"lang": "en"})):
        neighbours = await store.find_nearest(spec, vector(1), where=where, limit=1)
        assert prompts(each.entry for each in neighbours) == ["other"]
    assert await store.release(spec, near[7].entry_id)
    neighbours = await store.find_nearest(spec, vector(1), where=None, limit=3)
    assert prompts(each.entry for each in neighbours) == ["7", "other"]


async def test_quarantined_entries_hide_no_other_from_an_exact_search(store, spec, sample, clock):
    other = sample.entry("Prompt", attributes={"n": "other"})
    same = sample.entry("prompt", attributes={"n": "same"})
    await store.put(spec, [other, same])
    clock.advance(MINUTE)
    newer = [sample.entry("prompt", attributes={"n": f"{n}"}) for n in range(12)]
    await store.put(spec, newer)
    await quarantine(store, spec, *newer)
    for limit in (1, 2, 9):
        exact = await store.find_exact(spec, PromptKey.of("prompt"), where=None, limit=limit)
        assert prompts(exact) == ["prompt", "Prompt"][:limit]


@pytest.mark.slow
async def test_hundreds_of_quarantined_entries_hide_no_live_one(store, spec, sample):
    near = [sample.entry(f"{n}", vector=angled(1 - n / 10_000)) for n in range(600)]
    await store.put(spec, [*near, sample.entry("other", vector=angled(0.5))])
    await quarantine(store, spec, *near)
    assert await quarantined(store, spec) == 600
    (neighbour,) = await store.find_nearest(spec, vector(1), where=None, limit=1)
    assert neighbour.entry.prompt == "other"
