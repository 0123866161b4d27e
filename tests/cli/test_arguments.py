"""Words of the command line as values."""

from datetime import timedelta

import pytest
import typer

from nearhit import AttributeType
from nearhit_server.cli.arguments import (
    parse_attributes,
    parse_declarations,
    parse_duration,
    parse_metadata,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("1w", timedelta(weeks=1)),
        ("250ms", timedelta(milliseconds=250)),
        ("1.5h", timedelta(minutes=90)),
        ("3600", timedelta(hours=1)),
        ("0.5", timedelta(milliseconds=500)),
    ],
)
def test_duration_is_read_when_it_has_a_known_form(word, expected):
    assert parse_duration(word) == expected


@pytest.mark.parametrize("word", ["", "s", "5x", "-5s", "1h30m", "1e3", "٣s", "9" * 400 + "d"])
def test_duration_is_refused_when_it_has_no_known_form(word):
    with pytest.raises(typer.BadParameter, match="no duration"):
        parse_duration(word)


def test_attributes_are_none_when_none_are_given():
    assert parse_attributes([]) is None
    assert parse_attributes(None) is None


def test_attribute_keeps_later_equals_signs_when_value_holds_them():
    assert parse_attributes(["a=b=c", "d="]) == {"a": "b=c", "d": ""}


@pytest.mark.parametrize("pairs", [["a"], ["=b"], ["a=1", "a=2"]])
def test_attributes_are_refused_when_a_pair_is_wrong(pairs):
    with pytest.raises(typer.BadParameter):
        parse_attributes(pairs)


def test_declarations_are_read_when_types_are_known():
    expected = {"year": AttributeType.NUMERIC, "title": AttributeType.TEXT}
    assert parse_declarations(["year:numeric", "title:text"]) == expected


@pytest.mark.parametrize("pairs", [["year"], [":tag"], ["year:number"], ["a:tag", "a:text"]])
def test_declarations_are_refused_when_a_pair_is_wrong(pairs):
    with pytest.raises(typer.BadParameter):
        parse_declarations(pairs)


@pytest.mark.parametrize("text", ["", "[1]", '"a"', "{", "[" * 100_000])
def test_metadata_are_refused_when_they_are_no_object(text):
    with pytest.raises(typer.BadParameter, match="is not"):
        parse_metadata(text)
