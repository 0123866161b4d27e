"""RedisVL's filter expressions as conditions: what the server is asked, what is checked here."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from redisvl.query.filter import FilterExpression, Geo, GeoRadius, Num, Tag, Text, Timestamp

from nearhit import Entry, attribute
from nearhit.choices import AttributeType
from nearhit.integrations.redisvl.expressions import condition_of
from nearhit.integrations.redisvl.leaves import Leaves

LEAVES = Leaves(
    {
        "label": AttributeType.TAG,
        "price": AttributeType.NUMERIC,
        "title": AttributeType.TEXT,
    }
)
LABEL, PRICE, TITLE = attribute("label"), attribute("price"), attribute("title")
STORED = datetime(2026, 1, 2, 3, tzinfo=UTC)
ENTRY = Entry(
    entry_id="0" * 32,
    prompt="What is the Capital of France?",
    response="Paris, of course",
    attributes={},
    metadata=None,
    vector=None,
    created_at=STORED,
    updated_at=STORED,
    expires_at=None,
    ttl=None,
)


def holds(expression, **attributes):
    return condition_of(expression, LEAVES).holds(replace(ENTRY, attributes=attributes))


@pytest.mark.parametrize(
    ("expression", "served"),
    [
        (Tag("label") == "red", LABEL.is_in("red")),
        (Tag("label") == ["red", "blue"], LABEL.is_in("red", "blue")),
        (Tag("label") != "red", ~LABEL.is_in("red")),
        (Num("price") == 3, PRICE == 3.0),
        (Num("price") != 3, PRICE != 3.0),
        (Num("price") < 3, PRICE < 3.0),
        (Num("price") <= 3.5, PRICE <= 3.5),
        (Num("price") > -3, PRICE > -3.0),
        (Num("price") >= 1e20, PRICE >= 1e20),
        (Num("price").between(1, 2), PRICE.between(1.0, 2.0)),
        (Text("title") == "engineer", TITLE.matches("engineer")),
        (Text("title") != "engineer", ~TITLE.matches("engineer")),
        (Text("title") % "software engineer", TITLE.matches("software engineer")),
        (Text("title") % "engineer|doctor", TITLE.matches("engineer") | TITLE.matches("doctor")),
        (Timestamp("price") >= datetime(1970, 1, 2, tzinfo=UTC), PRICE >= 86_400.0),
        (
            (Tag("label") == "red") & ((Num("price") < 3) | (Num("price") > 5)),
            LABEL.is_in("red") & ((PRICE < 3.0) | (PRICE > 5.0)),
        ),
        # "Everything" on one side is no filter, as in RedisVL.
        ((Tag("label") == "red") | (Tag("label") == []), LABEL.is_in("red")),
        (FilterExpression("*") & (Tag("label") == "red"), LABEL.is_in("red")),
    ],
    ids=str,
)
def test_filter_is_left_to_the_server_when_it_can_tell(expression, served):
    condition = condition_of(expression, LEAVES)

    assert (condition.filter, condition.exact) == (served, True)


@pytest.mark.parametrize(
    "expression", [None, Tag("label") == "", Num("price").__eq__(None), FilterExpression("*")]
)
def test_filter_that_says_nothing_selects_everything(expression):
    condition = condition_of(expression, LEAVES)

    assert (condition.filter, condition.exact) == (None, True)


@pytest.mark.parametrize(
    "value",
    [
        "a|b",
        "a,b",
        "a b",
        "{a}",
        "}",
        "a\\",
        "\\|",
        "*",
        "?",
        '"',
        "@x:{y}",
        "(-@x:{y})",
        "\n",
        "🎉",
    ],
)
def test_tag_is_found_character_for_character_whatever_it_holds(value):
    condition = condition_of(Tag("label") == value, LEAVES)
    both = condition_of(Tag("label") == [value, "other"], LEAVES)

    assert condition.filter == LABEL.is_in(value)
    assert both.filter == LABEL.is_in(value, "other")


def test_nearhits_own_filter_is_taken_as_it_is():
    own = LABEL.is_in("red") | (PRICE < 3)

    assert condition_of(own, LEAVES).filter is own


@pytest.mark.parametrize(
    ("expression", "held"),
    [
        (Num("inserted_at") < STORED.timestamp(), False),
        (Num("inserted_at") <= STORED.timestamp(), True),
        (Timestamp("updated_at") > datetime(2026, 1, 1, tzinfo=UTC), True),
        (Timestamp("updated_at") == date(2026, 1, 2), True),
        (Timestamp("updated_at") != date(2026, 1, 2), False),
        (Text("prompt") % "*tal of", True),
        (Text("prompt") % "capit* france", True),
        (Text("prompt") % "germany|france", True),
        (Text("prompt") % "germany", False),
        (Text("prompt") == "capital of france", True),
        (Text("prompt") == "france capital", False),
        (Text("response") != "of course", False),
    ],
    ids=str,
)
def test_field_that_the_server_cannot_filter_by_is_checked_here(expression, held):
    condition = condition_of(expression, LEAVES)

    assert (condition.filter, condition.exact, condition.holds(ENTRY)) == (None, False, held)


def test_phrase_is_narrowed_by_the_server_and_checked_here():
    phrase = Text("title") == "New York"
    condition = condition_of(phrase, LEAVES)

    assert (condition.filter, condition.exact) == (TITLE.matches("New York"), False)
    assert holds(phrase, title="in new york city")
    assert not holds(phrase, title="York, New")
    # The opposite of the server's wider filter would leave entries out.
    assert condition_of(Text("title") != "New York", LEAVES).filter is None
    assert holds(Text("title") != "New York", title="York, New")
    assert not holds(phrase)


def test_wildcards_of_tags_are_checked_here():
    assert holds(Tag("label") % "tech*", label="technology")
    assert holds(Tag("label") % ["*x", "te.*y"], label="te.chnology")
    assert not holds(Tag("label") % "tech*", label="biotech")
    assert not holds(Tag("label") % "tech*")
    assert condition_of(Tag("label") % "plain", LEAVES).exact


def test_missing_field_is_checked_here():
    assert holds(Tag("label").is_missing())
    assert not holds(Tag("label").is_missing(), label="red")


def test_served_part_is_checked_here_too_when_it_is_an_alternative():
    either = (Tag("label") == "red") | (Num("inserted_at") < 0)

    assert condition_of(either, LEAVES).filter is None
    assert holds(either, label="red")
    assert not holds(either, label="blue")
    assert not holds(either)
    assert holds(((Num("price") < 3) & (Num("price") >= 1)) | (Num("inserted_at") < 0), price="1")
    assert not holds((Num("price").between(1, 3, "neither")) | (Num("inserted_at") < 0), price="1")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (Tag("colour") == "red", "Unknown field colour"),
        (Num("colour") == 1, "Unknown field colour"),
        (Tag("colour").is_missing(), "Unknown field colour"),
        (Num("label") == 1, "field label is tag"),
        (Text("price") == "a", "field price is numeric"),
        (Text("title") % "%%fuzzy%%", "a text pattern has words"),
        (Text("title") % "a) | @label:{b", "a text pattern has words"),
        (Text("title") % "-not", "a text pattern has words"),
        (Text("title") % "a|", "without words"),
        (Geo("title") == GeoRadius(1, 2, 3), "cannot follow the filter"),
        (FilterExpression("hello world"), "cannot follow the filter"),
        (FilterExpression("@label:{a} @price:[1 2]"), "cannot follow the filter"),
    ],
    ids=str,
)
def test_filter_is_refused_when_it_cannot_be_followed(expression, message):
    with pytest.raises(ValueError, match=message):
        condition_of(expression, LEAVES)


@pytest.mark.parametrize(
    "expression", ["@label:{red}", Tag("label"), (Tag("label") == "red") & LABEL.is_in("red"), 7]
)
def test_what_is_no_filter_is_refused(expression):
    with pytest.raises(TypeError):
        condition_of(expression, LEAVES)
