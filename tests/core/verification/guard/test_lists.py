import pytest

from core.verification.guard.lists import PARAPHRASES, TRAPS
from nearhit_server.core.verification.guard import ConflictKind, find_conflict


@pytest.mark.parametrize(("kind", "asked", "stored"), TRAPS)
def test_trap_is_refused_for_what_it_is(kind, asked, stored):
    conflict = find_conflict(asked, stored)
    assert conflict is not None
    assert conflict.kind is ConflictKind(kind)


@pytest.mark.parametrize(("kind", "asked", "stored"), TRAPS)
def test_trap_is_refused_whichever_prompt_is_stored(kind, asked, stored):
    assert find_conflict(stored, asked) is not None


@pytest.mark.parametrize(("asked", "stored"), PARAPHRASES)
def test_paraphrase_passes_either_way(asked, stored):
    assert find_conflict(asked, stored) is None
    assert find_conflict(stored, asked) is None


def test_lists_say_nothing_twice():
    pairs = [frozenset(row[-2:]) for row in TRAPS + PARAPHRASES]
    assert len(set(pairs)) == len(pairs)
