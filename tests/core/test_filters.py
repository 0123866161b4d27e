import pytest

from nearhit_server.core.filters import AllOf, TagIn, both, carrying, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Red car", ("red", "car")),
        ("e-mail: a_b@c.d", ("e", "mail", "a", "b", "c", "d")),
        ("STRASSE straße", ("strasse", "strasse")),
        ("ﬁne x²", ("fine", "x2")),
        ("naïve nai\u0308ve", ("naïve", "naïve")),
        ("日本語 text", ("日本語", "text")),
        ("* ? % ''", ()),
        ("", ()),
    ],
)
def test_words_are_runs_of_letters_and_digits(text, expected):
    assert words(text) == expected


def test_carrying_is_nothing_when_there_are_no_attributes():
    assert carrying({}) is None


def test_carrying_asks_for_all_attributes():
    one, other = TagIn("a", ("1",)), TagIn("b", ("2",))
    assert carrying({"b": "2", "a": "1"}) == AllOf((one, other))


def test_both_leaves_out_what_is_not_there():
    one, other = TagIn("a", ("1",)), TagIn("b", ("2",))
    assert both(None, one, None) == one
    assert both(None, None) is None
    assert both(one, other) == AllOf((one, other))
