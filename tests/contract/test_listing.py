"""Entries page by page."""

from datetime import timedelta

import pytest

from contract.samples import prompts
from nearhit_server.core.entries import EntryChange
from nearhit_server.core.filters import carrying


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


async def put(store, spec, sample, clock, names):
    for name in names:
        parity = "odd" if ord(name) % 2 else "even"
        await store.put(spec, [sample.entry(name, attributes={"parity": parity})])
        clock.advance(timedelta(seconds=1))


async def pages(store, spec, limit, where=None):
    found, cursor = [], None
    while True:
        page = await store.list_entries(spec, where=where, cursor=cursor, limit=limit)
        found.append("".join(prompts(page.entries)))
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_pages_go_from_the_longest_unchanged(store, spec, sample, clock):
    await put(store, spec, sample, clock, "abcdefg")
    assert await pages(store, spec, 3) == ["abc", "def", "g"]
    await put(store, spec, sample, clock, "b")
    assert await pages(store, spec, 3) == ["acd", "efg", "b"]


@pytest.mark.parametrize("names", ["", "abcdef"])
async def test_last_page_has_no_cursor(store, spec, sample, clock, names):
    await put(store, spec, sample, clock, names)
    assert await pages(store, spec, 6) == [names]


async def test_pages_keep_to_the_filter(store, spec, sample, clock):
    await put(store, spec, sample, clock, "abcdefghij")
    assert await pages(store, spec, 2, where=carrying({"parity": "odd"})) == ["ac", "eg", "i"]


async def test_pages_keep_to_a_filter_that_selects_many(store, spec, sample, clock):
    where = carrying({"parity": "even"})
    for parity in ("even", "odd"):
        names = [f"{parity} {n}" for n in range(1_100)]
        await store.put(spec, [sample.entry(n, attributes={"parity": parity}) for n in names])
    found = "".join(await pages(store, spec, 400, where=where))
    assert sorted(found.split("even ")) == sorted(["", *(str(n) for n in range(1_100))])


async def test_entries_changed_at_the_same_time_are_each_listed_once(store, spec, sample):
    await store.put(spec, [sample.entry(f"{n}") for n in range(10)])
    assert sorted("".join(await pages(store, spec, 3))) == sorted("0123456789")


async def test_changes_between_pages_lose_nothing_that_stays(store, spec, sample, clock):
    await put(store, spec, sample, clock, "abcdef")
    first = await store.list_entries(spec, where=None, cursor=None, limit=2)
    found = {e.prompt: e.entry_id for e in first.entries}
    assert "".join(found) == "ab"
    await store.delete(spec, [found["b"]])
    changed = EntryChange(response="new", updated_at=clock.now())
    await store.update(spec, found["a"], changed)
    clock.advance(timedelta(seconds=1))
    await put(store, spec, sample, clock, "g")
    rest = await store.list_entries(spec, where=None, cursor=first.next_cursor, limit=9)
    assert "".join(prompts(rest.entries)) == "cdefag"


@pytest.mark.parametrize(
    "cursor", ["", "x", "1.2", "1.2.3.4", "1.2.x", "٣.1.1", "9" * 99, "1.1.1\n"]
)
async def test_list_entries_raises_for_what_is_no_cursor(store, spec, cursor):
    with pytest.raises(ValueError, match="cursor"):
        await store.list_entries(spec, where=None, cursor=cursor, limit=1)


async def test_list_entries_raises_for_a_cursor_from_before_a_flush(store, spec, sample):
    await store.put(spec, [sample.entry("a"), sample.entry("b")])
    page = await store.list_entries(spec, where=None, cursor=None, limit=1)
    await store.flush(spec)
    spec = await store.get_cache("cache")
    with pytest.raises(ValueError, match="cursor"):
        await store.list_entries(spec, where=None, cursor=page.next_cursor, limit=1)


async def test_list_entries_raises_for_another_caches_cursor(store, spec, sample):
    await store.put(spec, [sample.entry("a"), sample.entry("b")])
    page = await store.list_entries(spec, where=None, cursor=None, limit=1)
    other = await store.create_cache(sample.spec("other"))
    with pytest.raises(ValueError, match="cursor"):
        await store.list_entries(other, where=None, cursor=page.next_cursor, limit=1)
