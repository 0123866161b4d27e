"""Which entries a search returns first."""

from datetime import timedelta

import numpy as np
import pytest

from contract.samples import DIMENSION, angled, prompts, vector
from nearhit_server.core.entries import PromptKey
from nearhit_server.core.filters import carrying

SECOND = timedelta(seconds=1)


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


async def exact(store, spec, prompt, limit=9, where=None):
    return await store.find_exact(spec, PromptKey.of(prompt), where=where, limit=limit)


async def nearest(store, spec, limit=9, where=None):
    return await store.find_nearest(spec, vector(1), where=where, limit=limit)


async def test_find_exact_ignores_case_but_not_inner_spaces(store, spec, sample):
    await store.put(spec, [sample.entry(p) for p in ("Straße", "STRASSE ", "Stra ße", "Strass")])
    assert sorted(prompts(await exact(store, spec, "strasse"))) == ["STRASSE ", "Straße"]


async def test_find_exact_puts_the_same_case_first_then_the_newest(store, spec, sample, clock):
    for prompt in ("hello", "Hello", "HELLO", "hELLO"):
        await store.put(spec, [sample.entry(prompt)])
        clock.advance(SECOND)
    found = await exact(store, spec, "Hello")
    assert prompts(found) == ["Hello", "hELLO", "HELLO", "hello"]
    assert prompts(await exact(store, spec, "Hello", limit=2)) == ["Hello", "hELLO"]


async def test_find_exact_keeps_to_the_filter(store, spec, sample):
    await store.put(spec, [sample.entry("a", attributes={"user": user}) for user in "123"])
    (found,) = await exact(store, spec, "a", where=carrying({"user": "2"}))
    assert found.attributes == {"user": "2"}
    assert await exact(store, spec, "a", where=carrying({"user": "4"})) == []


async def test_find_nearest_orders_by_cosine_whatever_it_is(store, spec, sample):
    cosines = [0.5, 0.9, -1.0, 1.0, 0.0, -0.3]
    await store.put(spec, [sample.entry(str(c), vector=angled(c)) for c in cosines])
    found = await nearest(store, spec)
    assert [n.cosine for n in found] == pytest.approx(sorted(cosines, reverse=True), abs=1e-6)
    assert prompts(n.entry for n in found) == ["1.0", "0.9", "0.5", "0.0", "-0.3", "-1.0"]
    assert prompts(n.entry for n in await nearest(store, spec, limit=2)) == ["1.0", "0.9"]


async def test_find_nearest_leaves_out_entries_without_a_vector(store, spec, sample):
    await store.put(spec, [sample.entry("a", vector=None), sample.entry("b")])
    assert prompts(n.entry for n in await nearest(store, spec)) == ["b"]
    assert await store.count(spec) == 2


async def test_find_nearest_in_an_empty_cache_is_empty(store, spec):
    assert await nearest(store, spec) == []
    assert await nearest(store, spec, where=carrying({"a": "b"})) == []


async def test_find_nearest_prefers_the_latest_changed_of_equals(store, spec, sample, clock):
    users = [str(n) for n in range(30)]
    for user in users:
        await store.put(spec, [sample.entry("a", attributes={"user": user})])
        clock.advance(SECOND)
    found = await nearest(store, spec, limit=3)
    assert [n.entry.attributes["user"] for n in found] == ["29", "28", "27"]


@pytest.mark.parametrize("selected", [1, 10, 500, 1500])
async def test_find_nearest_with_a_filter_finds_the_nearest_it_selects(
    store, spec, sample, selected
):
    # The selected ones are the farthest, so that no shortcut by nearness finds them.
    count, rng = 1500, np.random.default_rng(1)
    cosines = np.sort(rng.uniform(-1, 1, count))
    entries = [
        sample.entry(f"{n}", vector=angled(c), attributes={"far": str(n < selected)})
        for n, c in enumerate(cosines)
    ]
    await store.put(spec, entries)
    found = await nearest(store, spec, limit=5, where=carrying({"far": "True"}))
    expected = [str(n) for n in range(selected - 1, max(selected - 6, -1), -1)]
    assert prompts(n.entry for n in found) == expected


async def test_find_nearest_agrees_with_brute_force(store, spec, sample):
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((300, DIMENSION)).astype(np.float32)
    entries = [sample.entry(f"{n}", vector=vector(*v)) for n, v in enumerate(vectors)]
    await store.put(spec, entries)
    asked = vector(*rng.standard_normal(DIMENSION))
    cosines = np.array([entry.vector @ asked for entry in entries])
    found = await store.find_nearest(spec, asked, where=None, limit=20)
    assert prompts(n.entry for n in found) == [str(n) for n in np.argsort(-cosines)[:20]]
    assert [n.cosine for n in found] == pytest.approx(sorted(cosines)[:-21:-1], abs=1e-6)
