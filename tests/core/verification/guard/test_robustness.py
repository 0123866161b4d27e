"""Whatever the prompts are: an answer, the same both ways, in time linear in their length."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.verification.guard.lists import PARAPHRASES, TRAPS
from nearhit_server.core.verification.guard import find_conflict

CHUNKS = sorted(
    {chunk for row in TRAPS + PARAPHRASES for text in row[-2:] for chunk in text.split()}
)

like_prompts = st.lists(st.sampled_from(CHUNKS), max_size=12).map(" ".join)
with_marks = st.text(
    st.sampled_from("aB1 0.,:;'\"`-_/\\@#$%()+*=~^|<>½²٣中é\u0301\u200b😀"), max_size=60
)
prompts = st.one_of(st.text(max_size=80), like_prompts, with_marks)

REPEATED = [
    *("1,", "111,", "11,", "a1", "a.", "1.", "1:", "'", '"', "'a ", "`a", "-", "--a-", "a/", "a_"),
    *(
        "@",
        "a@a.",
        "#",
        "1/",
        "://",
        "http://a",
        "(",
        "a(",
        "hundred ",
        "one hundred ",
        "1 million ",
    ),
    *("no not ", "from a to b ", "a b ", "unhappy ", "A-", "aA", "e\u0301\u0316", "😀", "中1", "½"),
    *(
        "-> ",
        "c+ ",
        "turn on ",
        "7pm ",
        "12:30 ",
        "0xf",
        "1a2b-",
        "a" * 99 + "! ",
        "a1" * 49 + "! ",
    ),
]


def seconds(asked, stored):
    """The processor time of the fastest of three runs."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        find_conflict(asked, stored)
        taken.append(time.process_time() - started)
    return min(taken)


@given(prompts, prompts)
def test_conflict_is_found_either_way_or_not_at_all(asked, stored):
    assert (find_conflict(asked, stored) is None) == (find_conflict(stored, asked) is None)


@given(prompts)
def test_prompt_has_no_conflict_with_itself(prompt):
    assert find_conflict(prompt, prompt) is None
    assert find_conflict(prompt, f"  {prompt}\n") is None


@given(prompts, prompts)
def test_detail_is_short(asked, stored):
    conflict = find_conflict(asked * 20, stored * 20)
    assert conflict is None or 0 < len(conflict.detail) <= 120


@given(st.text(), st.text())
def test_empty_prompt_is_answered(one, other):
    find_conflict("", one)
    find_conflict(other, "")


@pytest.mark.parametrize("part", REPEATED)
def test_long_prompt_takes_linear_time(part):
    short, long = (
        seconds((part * length)[:length], (part * length)[: length - 1] + " not 5")
        for length in (8_000, 32_000)
    )
    # Four times as much, with room for a busy machine; quadratic would be sixteen times.
    assert long < 9 * short + 0.01
