"""Single attributes of an entry, changed by several at once while the clock stands still."""

import asyncio

import pytest

from contract.samples import vector
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.entries import EntryChange
from nearhit_server.core.errors import EntryChangedError, InvalidArgumentError
from nearhit_server.core.filters import carrying
from nearhit_server.core.limits import Limits
from nearhit_server.core.queries import EntryUpdate
from nearhit_server.core.writing import Writer

ODD = {"lang": "en", "user": 'a,b|c "d" \\ 🦊 größe', "Z-_9": " "}


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


@pytest.fixture
def writers(store, clock):
    """Of 16 servers, which do not know of each other."""
    models = Models({}, default_name="none")
    return [Writer(entries=store, models=models, clock=clock, limits=Limits()) for _ in range(16)]


def merge(**changes):
    return EntryUpdate(fields=frozenset(), attribute_changes=changes)


async def attributes_of(store, spec, entry):
    return (await store.get(spec, entry.entry_id)).attributes


async def test_change_made_of_other_attributes_is_refused_and_writes_nothing(store, spec, sample):
    entry = sample.entry("a", attributes=ODD)
    await store.put(spec, [entry])
    for others in ({}, {"lang": "en"}, {**ODD, "lang": "EN"}, {**ODD, "more": "1"}):
        change = EntryChange(response="new", attributes={}, if_attributes=others)
        with pytest.raises(EntryChangedError):
            await store.update(spec, entry.entry_id, change)
    unchanged = await store.get(spec, entry.entry_id)
    assert (unchanged.response, unchanged.attributes) == (entry.response, ODD)


@pytest.mark.parametrize("attributes", [{}, ODD])
async def test_change_made_of_the_attributes_that_were_read_is_written(
    store, spec, sample, attributes
):
    entry = sample.entry("a", attributes=attributes)
    await store.put(spec, [entry])
    read = await attributes_of(store, spec, entry)
    change = EntryChange(attributes={"b": "2"}, if_attributes=read)
    assert (await store.update(spec, entry.entry_id, change)).attributes == {"b": "2"}


async def test_16_concurrent_merges_of_16_servers_all_hold(store, spec, sample, writers):
    entry = sample.entry("a")
    await store.put(spec, [entry])
    names = [f"name-{number}" for number in range(16)]
    await asyncio.gather(
        *(
            writers[number].update(spec, entry.entry_id, merge(**{name: str(number)}))
            for number, name in enumerate(names)
        )
    )
    assert await attributes_of(store, spec, entry) == {
        name: str(number) for number, name in enumerate(names)
    }
    for number, name in enumerate(names):
        where = carrying({name: str(number)})
        assert len(await store.find_nearest(spec, vector(1), where=where, limit=1)) == 1


async def test_concurrent_merges_of_one_server_take_turns_and_read_once_each(
    store, spec, sample, writers, monkeypatch
):
    entry = sample.entry("a")
    await store.put(spec, [entry])
    get, reads = store.get, []

    async def counted(*arguments):
        reads.append(arguments)
        return await get(*arguments)

    monkeypatch.setattr(store, "get", counted)
    changes = [merge(**{f"name-{number % 16}": str(number)}) for number in range(64)]
    await asyncio.gather(*(writers[0].update(spec, entry.entry_id, c) for c in changes))
    assert len(reads) == 64
    assert len(await attributes_of(store, spec, entry)) == 16


async def test_concurrent_merges_that_remove_and_set_all_hold(store, spec, sample, writers):
    old = {f"old-{number}": "1" for number in range(8)}
    entry = sample.entry("a", attributes=old)
    await store.put(spec, [entry])
    changes = [merge(**{name: None, f"new-{name}": "2"}) for name in old]
    await asyncio.gather(
        *(
            writers[number].update(spec, entry.entry_id, change)
            for number, change in enumerate(changes)
        )
    )
    assert await attributes_of(store, spec, entry) == {f"new-{name}": "2" for name in old}


async def test_of_concurrent_merges_those_beyond_16_attributes_are_refused(
    store, spec, sample, writers
):
    entry = sample.entry("a", attributes={f"old-{number}": "1" for number in range(10)})
    await store.put(spec, [entry])
    outcomes = await asyncio.gather(
        *(
            writers[number].update(spec, entry.entry_id, merge(**{f"new-{number}": "1"}))
            for number in range(10)
        ),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, InvalidArgumentError)]
    assert [error.violations[0].field for error in refused] == ["attributes"] * 4
    assert len(await attributes_of(store, spec, entry)) == 16
