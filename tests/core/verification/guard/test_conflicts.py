"""What single rules say, and where they end."""

import pytest

from nearhit_server.core.verification.guard import Conflict, ConflictKind, find_conflict


def test_conflict_names_both_sides_as_asked():
    assert find_conflict("top books of 2023", "top books of 2024") == Conflict(
        ConflictKind.NUMBERS, '"2023" against "2024"'
    )


def test_conflict_tells_which_prompt_has_what_the_other_lacks():
    conflict = find_conflict("metals that rust", "metals that never rust")
    assert conflict == Conflict(ConflictKind.NEGATION, '"never rust" only in the stored prompt')


def test_long_words_are_cut_in_the_detail():
    conflict = find_conflict(f"open {'a' * 90}.pdf", f"open {'b' * 90}.pdf")
    assert conflict is not None
    assert len(conflict.detail) <= 120
    assert "…" in conflict.detail


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("for five people", "for 5 people", "for 6 people"),
        ("under 2k dollars", "under $2,000", "under $2,500"),
        ("at 7pm", "at 19:00", "at 7am"),
        ("run 1000 m", "run 1 km", "run 1000 km"),
        ("half a million users", "500000 users", "5 million users"),
        ("on the 3rd floor", "on the third floor", "on the fourth floor"),
        ("two hundred and fifty grams", "250 g", "205 grams"),
        ("twenty-first century", "21st century", "22nd century"),
        ("1 lakh rupees", "₹1,00,000", "₹10,00,000"),
        ("python 3.1", "Python 3.1?", "python 3.10"),
    ],
)
def test_number_is_the_same_however_it_is_written(one, same, other):
    assert find_conflict(one, same) is None
    assert find_conflict(one, other) is not None
    assert find_conflict(same, other) is not None


def test_number_that_names_a_model_is_needed_and_length_of_a_list_is_not():
    assert find_conflict("iphone 12 case", "iphone case") is not None
    assert find_conflict("top 10 movies", "top movies") is None


def test_detail_added_in_otherwise_equal_words_is_needed_and_in_other_words_is_not():
    assert find_conflict("brownie recipe", "brownie recipe without eggs") is not None
    worded_otherwise = "how can a beginner learn chess openings fast without getting bored"
    assert find_conflict("learn chess", worded_otherwise) is None


def test_two_turns_undo_each_other():
    assert find_conflict("accounts that are enabled", "accounts that are disabled") is not None
    assert find_conflict("accounts that are not enabled", "accounts that are disabled") is None


def test_literal_that_may_be_described_is_not_needed():
    assert find_conflict("videos on YouTube", "videos on the site") is None
    assert find_conflict("error ORA-00942 in the log", "error in the log") is not None


@pytest.mark.parametrize(
    ("asked", "stored", "refused"),
    [
        ("billet pour 2 personnes", "billet pour 3 personnes", True),
        ("2023年の祝日", "2024年の祝日", True),
        ("отель на 5 ночей", "отель на 7 ночей", True),
        ("今天天气怎么样", "今天天气如何", False),
        ("¿dónde está el archivo a.pdf?", "¿dónde está el archivo b.pdf?", True),
    ],
)
def test_digits_and_literals_are_seen_in_any_language(asked, stored, refused):
    assert (find_conflict(asked, stored) is not None) is refused
