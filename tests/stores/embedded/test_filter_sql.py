"""The SQL that filters become."""

import pytest

from nearhit_server.core.filters import AllOf, AnyOf, Negation, NumericRange, TagIn, TextMatch
from nearhit_server.stores.embedded.filter_sql import EVERYTHING, condition, superset

EVIL = "x') OR 1=1 --"
EN, DE = TagIn("lang", ("en",)), TagIn("lang", ("de",))


def by_length(rows):
    return len(rows.parameters)


@pytest.mark.parametrize(
    "filter_",
    [
        TagIn(EVIL, (EVIL, EVIL)),
        NumericRange(EVIL, minimum=123.5, maximum=456.5),
        TextMatch(EVIL, "evil words"),
        Negation(AnyOf((AllOf((TagIn(EVIL, (EVIL,)),)), TextMatch(EVIL, "evil")))),
    ],
    ids=repr,
)
def test_nothing_typed_by_a_caller_is_in_the_text(filter_):
    found = [condition(filter_, 7), superset(filter_, 7, by_length)]
    for sql in (sql for sql in found if sql is not None):
        assert not any(typed in sql.text for typed in ("x'", "1=1", "evil", "123", "456", "7"))
        assert sql.text.count("?") == len(sql.parameters)


def test_no_filter_selects_everything():
    assert condition(None, 1) == EVERYTHING


@pytest.mark.parametrize(("empty", "text"), [(AllOf(()), "TRUE"), (AnyOf(()), "FALSE")])
def test_empty_groups_are_what_logic_says(empty, text):
    assert condition(empty, 1).text == text
    assert superset(empty, 1, by_length) is None


def test_text_without_words_selects_nothing():
    assert condition(TextMatch("title", "..."), 1).text == "FALSE"


@pytest.mark.parametrize(
    "filter_",
    [Negation(EN), AnyOf((EN, Negation(DE))), AllOf((Negation(EN), Negation(DE)))],
    ids=repr,
)
def test_superset_is_none_when_no_index_helps(filter_):
    assert superset(filter_, 1, by_length) is None


def test_superset_of_a_conjunction_is_its_smallest_part():
    both = AllOf((TagIn("lang", ("en", "de")), Negation(EN), DE))
    assert superset(both, 1, by_length) == superset(DE, 1, by_length)


def test_superset_of_a_disjunction_is_all_its_parts():
    either = superset(AnyOf((EN, DE)), 1, by_length)
    assert "UNION" in either.text
    assert either.parameters == (1, "lang", "en", 1, "lang", "de")
