"""What looks like English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhit_server.core.verification.plain_wording import say_the_same
from nearhit_server.core.verification.readability import is_readable
from nearhit_server.core.verification.wording import overlap_of, wording_of


def readable(*prompts, tokens=8):
    return is_readable([(prompt, wording_of(prompt)) for prompt in prompts], tokens=tokens)


@pytest.mark.parametrize(
    "prompt",
    [
        "How do I reset my password?",
        "reset password",
        "best café in Zürich",
        "kubectl get pods",
        "2FA",
        "what does 'que sera sera' mean in English",
    ],
)
def test_english_is_readable(prompt):
    assert readable(prompt, "reset password")


@pytest.mark.parametrize(
    "prompt",
    [
        "Wie setze ich mein Passwort zurück?",
        "comment changer mon mot de passe",
        "cómo restablecer la contraseña",
        "как сбросить пароль",
        "パスワードをリセットする方法",
        "🎉🎉🎉",
        "12345",
        "",
    ],
)
def test_what_is_not_english_is_not(prompt):
    assert not readable(prompt, "reset password")
    assert not readable("reset password", prompt)


def test_words_that_the_model_has_to_spell_are_not():
    assert readable("reset password", "passwort", tokens=8)
    assert not readable("zurücksetzen passwort ändern", "passwort ändern", tokens=14)


@given(st.text(), st.text(), st.integers(0, 500))
def test_any_text_can_be_looked_at(asked, stored, tokens):
    readable(asked, stored, tokens=tokens)
    overlap = overlap_of(wording_of(asked), wording_of(stored))
    assert all(0 <= share <= 1 for share in (overlap.words, overlap.stems, overlap.bigrams))
    assert say_the_same(asked, stored) == say_the_same(stored, asked)


@pytest.mark.parametrize(
    ("asked", "stored", "same"),
    [
        ("How do I reset my password", "how do i reset my password?", True),
        ("  What is this?!", "what is this", True),
        ("it\u2019s late", "it's late", True),
        ("C++ or C", "C or C", False),
        ("5 degrees", "-5 degrees", False),
        ("what does :) mean", "what does :( mean", False),
        ("cant", "can't", False),
    ],
)
def test_punctuation_alone_says_nothing(asked, stored, same):
    assert say_the_same(asked, stored) is same


def test_order_of_content_words_shows_in_their_neighbours():
    there = wording_of("flights from Paris to Berlin")
    back = wording_of("flights from Berlin to Paris")
    overlap = overlap_of(there, back)
    assert overlap.stems == 1
    assert overlap.bigrams < 0.5
