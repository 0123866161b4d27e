import pytest

from core.verification.guard.lists import PARAPHRASES, TRAPS
from nearhit_server.core.verification.guard import ConflictKind, find_conflict


@pytest.mark.parametrize("kind", ConflictKind)
def test_traps_are_refused_for_what_they_are(kind):
    traps = [pair for named, *pair in TRAPS if named == kind.value]
    refused = [(asked, stored) for asked, stored in traps if kind_of(asked, stored) is kind]
    assert sorted(map(tuple, traps)) == sorted(refused) != []


def test_trap_is_refused_whichever_prompt_is_stored():
    assert [trap for trap in TRAPS if kind_of(trap[2], trap[1]) is None] == []


def test_paraphrases_pass_either_way():
    pairs = [*PARAPHRASES, *((stored, asked) for asked, stored in PARAPHRASES)]
    assert [pair for pair in pairs if kind_of(*pair) is not None] == []


def kind_of(asked, stored):
    conflict = find_conflict(asked, stored)
    return conflict and conflict.kind


def test_lists_say_nothing_twice():
    pairs = [frozenset(row[-2:]) for row in TRAPS + PARAPHRASES]
    assert len(set(pairs)) == len(pairs)
