"""Filters: how they combine and what they become on the wire."""

import pytest
from google.protobuf import text_format

import nearhit
from nearhit.filters import AllOf, AnyOf, NumericRange, TagIn, TextMatch
from nearhit.messages.filters import filter_message
from nearhit.v1 import types_pb2

LANG = nearhit.attribute("lang")
PRICE = nearhit.attribute("price")
EN = LANG == "en"
DE = LANG == "de"
FR = LANG == "fr"


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (EN, 'tag_in { name: "lang" values: "en" }'),
        (LANG != "en", 'negation { tag_in { name: "lang" values: "en" } }'),
        (LANG.is_in("en", "de"), 'tag_in { name: "lang" values: "en" values: "de" }'),
        (LANG.matches("red car"), 'text_match { name: "lang" text: "red car" }'),
        (PRICE == 5, 'numeric_range { name: "price" min: 5 max: 5 }'),
        (PRICE >= 5, 'numeric_range { name: "price" min: 5 }'),
        (PRICE > 5, 'numeric_range { name: "price" min: 5 exclusive_min: true }'),
        (PRICE <= 0, 'numeric_range { name: "price" max: 0 }'),
        (PRICE < 5, 'numeric_range { name: "price" max: 5 exclusive_max: true }'),
        (PRICE.between(1, 2.5), 'numeric_range { name: "price" min: 1 max: 2.5 }'),
        (
            EN & ~(DE | (PRICE < 5)),
            """all_of {
              filters { tag_in { name: "lang" values: "en" } }
              filters { negation { any_of {
                filters { tag_in { name: "lang" values: "de" } }
                filters { numeric_range { name: "price" max: 5 exclusive_max: true } }
              } } }
            }""",
        ),
    ],
)
def test_filter_message_says_what_was_built(built, text):
    assert filter_message(built) == text_format.Parse(text, types_pb2.Filter())


def test_filters_of_one_kind_are_flattened():
    assert AllOf((EN, DE, FR, EN)) == (EN & DE) & (FR & EN)
    assert AnyOf((EN, DE, FR)) == EN | (DE | FR)
    assert AnyOf((AllOf((EN, DE)), FR)) == (EN & DE) | FR


def test_negation_of_a_negation_is_the_filter_itself():
    assert ~~EN == EN


def test_filters_can_be_compared_and_hashed():
    assert TagIn("lang", ("en",)) == EN
    assert len({EN, LANG == "en", TextMatch("lang", "en")}) == 2


@pytest.mark.parametrize(
    "combine",
    [lambda: EN and DE, lambda: EN or DE, lambda: not EN, lambda: 1 < PRICE < 5],
)
def test_filter_refuses_to_be_a_truth_value(combine):
    with pytest.raises(TypeError, match="combine filters with"):
        combine()


@pytest.mark.parametrize("other", ["lang", None, LANG])
def test_filter_refuses_to_combine_with_what_is_no_filter(other):
    with pytest.raises(TypeError, match="unsupported operand"):
        EN & other
    with pytest.raises(TypeError, match="unsupported operand"):
        EN | other


@pytest.mark.parametrize(
    "broken",
    [
        LANG,
        "lang = en",
        LANG.is_in("en", 5),
        LANG.matches(5),
        NumericRange("price", minimum="5"),
        nearhit.attribute(5) == "en",
    ],
)
def test_filter_message_refuses_wrong_types(broken):
    with pytest.raises(TypeError, match="must be"):
        filter_message(broken)
