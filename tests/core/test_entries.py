import hashlib

from hypothesis import given
from hypothesis import strategies as st

from nearhit_server.core.entries import PromptKey, entry_id_of

texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_entry_id_is_the_digest_that_the_design_spells_out():
    identity = '["Grüße",{"a":"1","b":"2"}]'
    expected = hashlib.sha256(identity.encode()).hexdigest()[:32]
    assert entry_id_of("  Gru\u0308ße ", {"b": "2", "a": "1"}) == expected


def test_entry_id_keeps_case():
    assert entry_id_of("grep -i", {}) != entry_id_of("grep -I", {})


def test_entry_id_keeps_compatibility_characters_apart():
    assert entry_id_of("10⁵", {}) != entry_id_of("105", {})


def test_entry_id_keeps_inner_spaces():
    assert entry_id_of("if x:\n  y", {}) != entry_id_of("if x:\n    y", {})


def test_entry_id_keeps_prompt_and_attributes_apart():
    assert entry_id_of("ab", {"c": "d"}) != entry_id_of("abcd", {})


@given(texts, texts, st.dictionaries(texts, texts), st.dictionaries(texts, texts))
def test_entry_ids_differ_when_the_trimmed_prompts_or_attributes_differ(one, other, some, more):
    same = PromptKey.of(one).cased == PromptKey.of(other).cased and some == more
    assert (entry_id_of(one, some) == entry_id_of(other, more)) is same


def test_prompt_key_ignores_case_and_outer_spaces():
    one, other = (
        PromptKey.of("How do I reset my password?"),
        PromptKey.of("  HOW do i reset my PASSWORD? "),
    )
    assert one.folded == other.folded
    assert one.cased != other.cased


def test_prompt_key_folds_beyond_ascii():
    assert PromptKey.of("STRASSE").folded == PromptKey.of("straße").folded


def test_prompt_key_keeps_compatibility_characters_and_inner_spaces():
    keys = {PromptKey.of(prompt).folded for prompt in ("10⁵", "105", "10 5", "10  5")}
    assert len(keys) == 4
