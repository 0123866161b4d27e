"""All rules, one after the other."""

from typing import Final

from nearhit_server.core.verification.guard.commands import (
    find_command_conflict,
    find_option_conflict,
)
from nearhit_server.core.verification.guard.conflict import Conflict
from nearhit_server.core.verification.guard.direction import find_direction_conflict
from nearhit_server.core.verification.guard.exact_words import (
    find_emoji_conflict,
    find_literal_conflict,
    find_quotation_conflict,
)
from nearhit_server.core.verification.guard.governed import find_governed_conflict
from nearhit_server.core.verification.guard.names import (
    find_letter_conflict,
    find_name_conflict,
)
from nearhit_server.core.verification.guard.numbers import find_number_conflict
from nearhit_server.core.verification.guard.opposites import (
    find_date_conflict,
    find_unit_conflict,
)
from nearhit_server.core.verification.guard.polarity import find_polarity_conflict
from nearhit_server.core.verification.guard.prompt import read_prompt
from nearhit_server.core.verification.guard.roles import find_role_conflict

_RULES: Final = (
    find_literal_conflict,
    find_quotation_conflict,
    find_emoji_conflict,
    find_number_conflict,
    find_date_conflict,
    find_unit_conflict,
    find_polarity_conflict,
    find_direction_conflict,
)
_RULES_OF_CLOSE_PROMPTS: Final = (
    find_role_conflict,
    find_governed_conflict,
    find_command_conflict,
    find_option_conflict,
    find_name_conflict,
    find_letter_conflict,
)
"""What one small word says is plain only where the others are the same."""
CLOSE: Final = 0.5
"""The share of the words of the longer prompt that both have, at least."""


def find_conflict(asked: str, stored: str) -> Conflict | None:
    """What the prompts differ in that an embedding blurs, None if no rule sees anything.

    Takes time linear in the length of the prompts, and never raises.
    """
    if asked == stored:
        return None
    mine, theirs = read_prompt(asked), read_prompt(stored)
    for rule in _RULES:
        if (conflict := rule(mine, theirs)) is not None:
            return conflict
    mine_bag, theirs_bag = mine.bag, theirs.bag
    if len(mine_bag & theirs_bag) < CLOSE * max(len(mine_bag), len(theirs_bag)):
        return None
    for rule in _RULES_OF_CLOSE_PROMPTS:
        if (conflict := rule(mine, theirs)) is not None:
            return conflict
    return None
