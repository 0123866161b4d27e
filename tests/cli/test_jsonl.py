"""Lines of an import and an export."""

import base64
import json
from array import array
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhit import Entry, NewEntry
from nearhit_server.cli.jsonl import BadLineError, entry_record, parse_line
from nearhit_server.cli.output import json_line

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8"))


def line(**fields):
    return json.dumps({"prompt": "a", "response": "b", **fields}).encode()


def entry(**fields):
    values = {
        "entry_id": "0" * 32,
        "prompt": "a",
        "response": "b",
        "attributes": {},
        "metadata": None,
        "vector": None,
        "created_at": NOW,
        "updated_at": NOW,
        "expires_at": None,
        "ttl": None,
    }
    return Entry(**{**values, **fields})


def test_line_is_an_entry_when_it_has_prompt_and_response():
    assert parse_line(b'{"prompt": "a", "response": "b"}') == NewEntry("a", "b")


def test_line_keeps_everything_when_all_keys_are_there():
    parsed = parse_line(
        line(attributes={"x": "y"}, metadata={"n": 2**70}, ttl_seconds=1.5, vector=[1, 0.5])
    )

    assert parsed == NewEntry(
        "a",
        "b",
        attributes={"x": "y"},
        metadata={"n": 2**70},
        ttl=timedelta(seconds=1.5),
        vector=array("f", [1, 0.5]),
    )


def test_line_is_an_entry_when_optional_keys_are_null():
    nothing = dict.fromkeys(("attributes", "metadata", "ttl_seconds", "vector"))
    assert parse_line(line(**nothing)) == NewEntry("a", "b")


def test_vector_is_read_when_it_is_base64():
    packed = base64.b64encode(b"\0\0\x80?\0\0\0\xc0").decode()
    assert list(parse_line(line(vector=packed)).vector) == [1.0, -2.0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"not json", "not JSON"),
        (b'{"prompt": "a", "response": "b"', "not JSON"),
        (b'["a", "b"]', "not a JSON object"),
        (b'{"prompt": "\xff", "response": "b"}', "not valid Unicode"),
        (b'{"prompt": "\\ud800", "response": "b"}', "not valid Unicode"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"prompt": NaN, "response": "b"}', "NaN is no JSON number"),
        (b'{"response": "b"}', "has no prompt"),
        (b'{"prompt": "a"}', "has no response"),
        (b'{"prompt": 1, "response": "b"}', "prompt is no string"),
        (b'{"prompt": "a", "response": null}', "response is no string"),
        (line(ttl=5), "unknown key 'ttl'"),
        (line(attributes=["x"]), "attributes is no object of strings"),
        (line(attributes={"x": 1}), "attributes is no object of strings"),
        (line(metadata=[1]), "metadata is no object"),
        (line().replace(b"}", b', "metadata": {"n": 1e999}}'), "metadata holds a number"),
        (line(ttl_seconds="5"), "ttl_seconds is no number"),
        (line(ttl_seconds=True), "ttl_seconds is no number"),
        (line(ttl_seconds=0), "ttl_seconds is no number over 0"),
        (line(ttl_seconds=1e300), "ttl_seconds is too large"),
        (line(vector="AAA"), "vector is neither"),
        (line(vector="AAAA"), "vector is neither"),
        (line(vector=[True]), "vector is neither"),
        (line(vector=[10**400]), "vector is neither"),
        (line(vector={}), "vector is neither"),
    ],
)
def test_line_is_bad_when_something_is_wrong(text, complaint):
    with pytest.raises(BadLineError, match=complaint):
        parse_line(text)


def test_record_leaves_out_what_the_entry_lacks():
    assert entry_record(entry()).keys() == {
        "entry_id",
        "prompt",
        "response",
        "created_at",
        "updated_at",
    }


def test_record_keeps_empty_metadata_when_entry_has_them():
    assert entry_record(entry(metadata={}))["metadata"] == {}


@given(
    prompt=TEXT,
    response=TEXT,
    attributes=st.dictionaries(TEXT, TEXT),
    metadata=st.none()
    | st.dictionaries(
        TEXT, st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
    ),
    microseconds=st.none() | st.integers(1, 10 * 366 * 86_400 * 10**6),
    vector=st.none() | st.lists(st.floats(width=32, allow_nan=False), min_size=1),
)
def test_import_reads_what_export_writes(
    prompt, response, attributes, metadata, microseconds, vector
):
    ttl = None if microseconds is None else timedelta(microseconds=microseconds)
    components = None if vector is None else array("f", vector)
    written = entry(
        prompt=prompt,
        response=response,
        attributes=attributes,
        metadata=metadata,
        ttl=ttl,
        vector=components,
        expires_at=NOW,
    )

    parsed = parse_line(json_line(entry_record(written)))

    assert parsed == NewEntry(
        prompt,
        response,
        attributes=attributes or None,
        metadata=metadata,
        ttl=ttl,
        vector=components,
    )
