"""Names: none stands for another's cache."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhit.integrations.redisvl import names

# Five characters always fit, escaped.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
ID = re.compile("[0-9a-f]{4}")


@pytest.mark.parametrize("name", ["llmcache", "a", "0-9_", "a" * 64])
def test_name_that_the_server_takes_stands_for_itself(name):
    assert names.cache_id_of(name) == names.namespace_of(name) == name


@pytest.mark.parametrize(
    "name", ["My:Cache", "LLM", "a b", "_a", "-a", "x-", "x-ray", "é", "a/./b"]
)
def test_other_name_is_escaped_to_a_legal_id(name):
    assert re.fullmatch(r"x-[a-z0-9_-]{0,62}", names.cache_id_of(name))


@given(NAMES, NAMES)
def test_no_two_names_share_an_id(one, other):
    assert (names.cache_id_of(one) == names.cache_id_of(other)) == (one == other)
    assert (names.namespace_of(one) == names.namespace_of(other)) == (one == other)


def test_no_name_has_the_id_that_another_is_escaped_to():
    escaped = names.cache_id_of("A")

    assert names.cache_id_of(escaped) != escaped


@pytest.mark.parametrize("name", ["", "a" * 65, "A" * 30])
def test_name_is_refused_when_it_has_no_id(name):
    with pytest.raises(ValueError, match="name"):
        names.cache_id_of(name)


def test_name_is_refused_when_it_is_no_string():
    with pytest.raises(TypeError, match="name must be a string"):
        names.cache_id_of(None)


@pytest.mark.parametrize("key", ["a:00f", "b:00ff", "00ff", "a:b:00ff", "a:00ff:", "aa:00ff", ""])
def test_key_of_another_cache_has_no_entry_id(key):
    assert names.entry_id_of("a", "a:00ff", form=ID) == "00ff"
    assert names.entry_id_of("a", key, form=ID) is None
