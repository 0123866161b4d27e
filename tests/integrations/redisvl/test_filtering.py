"""RedisVL's filters against entries, on both stores."""

from datetime import UTC, datetime, timedelta

import pytest
from redisvl.query.filter import Num, Tag, Text, Timestamp

import nearhit

ENTRIES = {
    "one": {"label": "red", "price": 1, "title": "Software Engineer"},
    "two": {"label": "red|blue", "price": 2.5, "title": "the engineer of software"},
    "three": {"label": "Red", "price": -3, "title": "doctor"},
    "four": {},
}


@pytest.fixture
async def filled(cache):
    for prompt, filters in ENTRIES.items():
        await cache.astore(f"number {prompt}", prompt, vector=[1.0] * 384, filters=filters)
    return cache


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (None, {"one", "two", "three", "four"}),
        (Tag("label") == "red", {"one"}),
        (Tag("label") == "red|blue", {"two"}),
        (Tag("label") == ["red", "Red"], {"one", "three"}),
        (Tag("label") != "red", {"two", "three", "four"}),
        (Tag("label") % "red*", {"one", "two"}),
        (Num("price") < 2.5, {"one", "three"}),
        (Num("price") <= 2.5, {"one", "two", "three"}),
        (Num("price").between(1, 2.5, "right"), {"two"}),
        (Num("price") != 1, {"two", "three", "four"}),
        (Text("title") == "software engineer", {"one"}),
        (Text("title") != "software engineer", {"two", "three", "four"}),
        (Text("title") % "software engineer", {"one", "two"}),
        (Text("title") % "doctor|software", {"one", "two", "three"}),
        (Text("title") % "doc*", {"three"}),
        ((Tag("label") == "red") | (Num("price") < 0), {"one", "three"}),
        ((Tag("label") == "Red") & (Num("price") > 0), set()),
        (Text("prompt") % "*r two", {"two"}),
        ((Text("response") == "four") | (Tag("label") == "red"), {"one", "four"}),
        (Num("inserted_at") > 0, {"one", "two", "three", "four"}),
        (Timestamp("updated_at") < datetime.now(UTC) - timedelta(days=1), set()),
        (nearhit.attribute("price") > 2, {"two"}),
    ],
    ids=str,
)
async def test_filter_selects(filled, expression, found):
    hits = await filled.acheck(vector=[1.0] * 384, filter_expression=expression, num_results=10)

    assert {hit["response"] for hit in hits} == found


async def test_filter_is_met_by_one_of_several_equally_near(filled, call):
    filter_ = Text("response") % "t*ee"

    (hit,) = await call(filled, "check", "number three", filter_expression=filter_)

    assert hit["response"] == "three"


async def test_time_filter_parts_what_was_stored_before_and_after(cache, call):
    await call(cache, "store", "before", "before", vector=[1.0] * 384)
    (before,) = await call(cache, "check", vector=[1.0] * 384)
    await call(cache, "store", "after", "after", vector=[1.0] * 384)

    (hit,) = await call(
        cache,
        "check",
        vector=[1.0] * 384,
        filter_expression=Num("inserted_at") > before["inserted_at"],
        num_results=10,
    )

    assert hit["response"] == "after"


async def test_filter_by_undeclared_field_is_refused(filled, call):
    with pytest.raises(ValueError, match="Unknown field colour"):
        await call(filled, "check", "a", filter_expression=Tag("colour") == "red")
