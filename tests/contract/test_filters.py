"""One table of cases: which entries a filter selects, in every call that takes one."""

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.samples import prompts, vector
from nearhit_server.core.caches import AttributeType
from nearhit_server.core.entries import PromptKey
from nearhit_server.core.filters import (
    MAX_NODES,
    MAX_TAG_VALUES,
    AllOf,
    AnyOf,
    Filter,
    Negation,
    NumericRange,
    TagIn,
    TextMatch,
    carrying,
)

NASTY = (
    'a,b|c "d" {e} *f* - ünï',
    "' OR 1=1 --",
    "'; DROP TABLE entries; --",
    "100%",
    "1_0",
    "\\",
    "@tag:{x}",
    " ",
    "\n\t\r",
    "🦊🏳️‍🌈",
    "e\u0301",
    "é",
    "null",
    "x" * 500,
)

ENTRIES = {
    "none": {},
    "en": {"lang": "en", "price": "10", "title": "The quick brown fox"},
    "EN": {"lang": "EN", "price": "-2.5e1", "title": "quick, QUICK; Fox!"},
    "de": {"lang": "de", "price": "10.5", "title": "Straße nach Köln"},
    "de-at": {"lang": "de-at", "price": "1e400", "title": "foxes"},
    "free": {"lang": "en", "price": "0", "user": "1"},
}

EN, DE = TagIn("lang", ("en",)), TagIn("lang", ("de",))

CASES: list[tuple[Filter, str]] = [
    (EN, "en free"),
    (TagIn("lang", ("en", "de", "fr")), "en de free"),
    (TagIn("lang", ("en", "en")), "en free"),
    (TagIn("lang", ("",)), ""),
    (TagIn("lang", ("d",)), ""),
    (TagIn("lang", ("de*",)), ""),
    (TagIn("lang", ("%",)), ""),
    (TagIn("Lang", ("en",)), ""),
    (TagIn("title", ("The quick brown fox",)), "en"),
    (TagIn("price", ("10",)), "en"),
    (TagIn("price", ("10.0",)), ""),
    (Negation(EN), "none EN de de-at"),
    (Negation(TagIn("user", ("1",))), "none en EN de de-at"),
    (Negation(TagIn("missing", ("1",))), "none en EN de de-at free"),
    (Negation(Negation(EN)), "en free"),
    (AllOf((EN, TagIn("user", ("1",)))), "free"),
    (AllOf((EN, DE)), ""),
    (AllOf((EN,)), "en free"),
    (AllOf((EN, Negation(TagIn("user", ("1",))))), "en"),
    (AllOf((Negation(EN), Negation(DE))), "none EN de-at"),
    (AnyOf((EN, DE)), "en de free"),
    (AnyOf((EN, EN)), "en free"),
    (AnyOf((DE,)), "de"),
    (AnyOf((DE, Negation(NumericRange("price", minimum=-100)))), "none de"),
    (AllOf((AnyOf((EN, DE)), NumericRange("price", minimum=10))), "en de"),
    (carrying({"lang": "en", "user": "1"}), "free"),
    (NumericRange("price", minimum=10), "en de de-at"),
    (NumericRange("price", minimum=10, exclusive_minimum=True), "de de-at"),
    (NumericRange("price", maximum=10), "en EN free"),
    (NumericRange("price", maximum=10, exclusive_maximum=True), "EN free"),
    (NumericRange("price", minimum=10, maximum=10), "en"),
    (NumericRange("price", minimum=10, maximum=10, exclusive_maximum=True), ""),
    (NumericRange("price", minimum=0, maximum=10.4999), "en free"),
    (NumericRange("price", minimum=11, maximum=9), ""),
    (NumericRange("price", maximum=float("inf")), "en EN de de-at free"),
    (NumericRange("price", maximum=float("inf"), exclusive_maximum=True), "en EN de free"),
    (NumericRange("price", minimum=float("-inf")), "en EN de de-at free"),
    (NumericRange("user", minimum=0), ""),
    (Negation(NumericRange("price", minimum=0)), "none EN"),
    (TextMatch("title", "fox"), "en EN"),
    (TextMatch("title", "FOX quick"), "en EN"),
    (TextMatch("title", "fox fox"), "en EN"),
    (TextMatch("title", "quick brown fox"), "en"),
    (TextMatch("title", "quic"), ""),
    (TextMatch("title", "fox*"), "en EN"),
    (TextMatch("title", "STRASSE ko\u0308ln"), "de"),
    (TextMatch("title", "-fox | (brown)"), "en"),
    (TextMatch("lang", "en"), ""),
    (Negation(TextMatch("title", "fox")), "none de de-at free"),
    (AnyOf((TextMatch("title", "foxes"), NumericRange("price", maximum=-1))), "EN de-at"),
]

TYPES = {"price": AttributeType.NUMERIC, "title": AttributeType.TEXT}


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec(attribute_types=TYPES))


async def selected(store, spec, where) -> list[set[str]]:
    """What each of the calls finds among entries with prompt "p", by their responses."""
    exact = await store.find_exact(spec, PromptKey.of("p"), where=where, limit=99)
    nearest = await store.find_nearest(spec, vector(1), where=where, limit=99)
    page = await store.list_entries(spec, where=where, cursor=None, limit=99)
    return [
        {entry.response for entry in entries}
        for entries in (exact, [n.entry for n in nearest], page.entries)
    ]


@pytest.mark.parametrize(("where", "expected"), CASES, ids=repr)
async def test_filter_selects_the_entries_of_its_case(store, spec, sample, where, expected):
    entries = [sample.entry("p", response=r, attributes=a) for r, a in ENTRIES.items()]
    await store.put(spec, entries)
    assert await selected(store, spec, where) == [set(expected.split())] * 3
    assert await store.delete_where(spec, where) == len(expected.split())
    assert await store.count(spec) == len(ENTRIES) - len(expected.split())


@pytest.mark.parametrize(("where", "expected"), CASES, ids=repr)
async def test_filter_selects_the_same_among_many_nearer_entries(
    store, spec, sample, where, expected
):
    # More than a store looks at before it asks the filter for all that it selects.
    far = [
        sample.entry("p", response=r, attributes=a, vector=vector(0.1, 1))
        for r, a in ENTRIES.items()
    ]
    # Another cache's rows, which must not count.
    others = await store.create_cache(sample.spec("others", attribute_types=TYPES))
    await store.put(others, far)
    near = [sample.entry(f"{n}", attributes={"near": "yes"}) for n in range(400)]
    await store.put(spec, near + far)
    where = AllOf((where, Negation(TagIn("near", ("yes",)))))
    found = await store.find_nearest(spec, vector(1), where=where, limit=99)
    assert {n.entry.response for n in found} == set(expected.split())


async def test_any_value_is_found_by_itself_and_by_nothing_else(store, spec, sample):
    await store.put(spec, [sample.entry("p", response=v, attributes={"v": v}) for v in NASTY])
    for value in NASTY:
        assert await selected(store, spec, TagIn("v", (value,))) == [{value}] * 3
    others = TagIn("v", NASTY[1:])
    assert await selected(store, spec, others) == [set(NASTY[1:])] * 3
    assert await selected(store, spec, Negation(others)) == [{NASTY[0]}] * 3


def nested(depth: int) -> Filter:
    filter_: Filter = EN
    for level in range(depth - 1):
        kinds = (Negation(filter_), AllOf((filter_, EN)), AnyOf((filter_, DE)))
        filter_ = kinds[level % 3]
    return filter_


@pytest.mark.parametrize("join", [AllOf, AnyOf])
async def test_largest_filters_are_understood(store, spec, sample, join):
    await store.put(spec, [sample.entry("p", response="en", attributes={"lang": "en"})])
    values = tuple(f"v{n}" for n in range(MAX_TAG_VALUES - 1))
    wide = join(tuple(TagIn("lang", ("en", *values)) for _ in range(MAX_NODES - 1)))
    assert await selected(store, spec, wide) == [{"en"}] * 3
    text = join(tuple(TextMatch("title", "w " * 250) for _ in range(MAX_NODES - 1)))
    assert await selected(store, spec, text) == [set()] * 3


async def test_deepest_filters_are_understood(store, spec, sample):
    await store.put(spec, [sample.entry("p", response="en", attributes={"lang": "en"})])
    for depth in range(1, 17):
        # Evaluated by hand: a negation turns it, the others keep it as it is.
        negations = sum(level % 3 == 0 for level in range(depth - 1))
        expected = {"en"} if negations % 2 == 0 else set()
        assert await selected(store, spec, nested(depth)) == [expected] * 3


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
_numbers = count()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(attributes=st.dictionaries(st.sampled_from(["a", "b", "A"]), text), other=text)
async def test_entry_is_found_by_the_attributes_it_carries(store, sample, attributes, other):
    spec = await store.create_cache(sample.spec(f"cache-{next(_numbers)}"))
    entry = sample.entry("p", attributes=attributes)
    await store.put(spec, [entry])
    assert (await store.get(spec, entry.entry_id)).attributes == attributes
    for name, value in attributes.items():
        (found,) = await store.find_nearest(spec, vector(1), where=carrying({name: value}), limit=9)
        assert found.entry.attributes == attributes
    page = await store.list_entries(spec, where=TagIn("a", (other,)), cursor=None, limit=9)
    assert prompts(page.entries) == (["p"] if attributes.get("a") == other else [])
