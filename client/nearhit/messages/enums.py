"""Which of our enum members is which of the protocol's."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from nearhit.choices import (
    AttributeType,
    ExactOnlyReason,
    KeyScope,
    LongPrompts,
    RefusalReason,
    Strategy,
    Verdict,
    Verification,
)
from nearhit.v1 import cache_admin_pb2, key_admin_pb2, semantic_cache_pb2, types_pb2

MemberT = TypeVar("MemberT", bound=Enum)
WireT = TypeVar("WireT", bound=int)


@dataclass(frozen=True)
class EnumTable(Generic[MemberT, WireT]):
    """One enum's members and their numbers on the wire."""

    kind: type[MemberT]
    numbers: Mapping[MemberT, WireT]

    def number_of(self, member: MemberT) -> WireT:
        """The number of a member, or of a member's value; ValueError for anything else."""
        return self.numbers[self.kind(member)]

    def member_of(self, number: int) -> MemberT:
        """The member of a number; ValueError if this version knows none."""
        for member, known in self.numbers.items():
            if known == number:
                return member
        raise ValueError(f"{number} is no known {self.kind.__name__}")


STRATEGIES: Final = EnumTable(
    Strategy,
    {
        Strategy.EXACT: types_pb2.SEARCH_STRATEGY_EXACT,
        Strategy.SEMANTIC: types_pb2.SEARCH_STRATEGY_SEMANTIC,
    },
)

LONG_PROMPTS: Final = EnumTable(
    LongPrompts,
    {
        LongPrompts.EXACT_ONLY: cache_admin_pb2.LONG_PROMPTS_EXACT_ONLY,
        LongPrompts.TRUNCATE: cache_admin_pb2.LONG_PROMPTS_TRUNCATE,
    },
)

ATTRIBUTE_TYPES: Final = EnumTable(
    AttributeType,
    {
        AttributeType.TAG: cache_admin_pb2.ATTRIBUTE_TYPE_TAG,
        AttributeType.NUMERIC: cache_admin_pb2.ATTRIBUTE_TYPE_NUMERIC,
        AttributeType.TEXT: cache_admin_pb2.ATTRIBUTE_TYPE_TEXT,
    },
)

KEY_SCOPES: Final = EnumTable(
    KeyScope,
    {
        KeyScope.READ: key_admin_pb2.KEY_SCOPE_READ,
        KeyScope.WRITE: key_admin_pb2.KEY_SCOPE_WRITE,
        KeyScope.ADMIN: key_admin_pb2.KEY_SCOPE_ADMIN,
    },
)

VERIFICATIONS: Final = EnumTable(
    Verification,
    {
        Verification.OFF: cache_admin_pb2.VERIFICATION_OFF,
        Verification.GUARD: cache_admin_pb2.VERIFICATION_GUARD,
        Verification.FULL: cache_admin_pb2.VERIFICATION_FULL,
    },
)

VERDICTS: Final = EnumTable(
    Verdict,
    {
        Verdict.RIGHT: semantic_cache_pb2.VERDICT_RIGHT,
        Verdict.WRONG: semantic_cache_pb2.VERDICT_WRONG,
    },
)

REFUSAL_REASONS: Final = EnumTable(
    RefusalReason,
    {
        RefusalReason.BELOW_THRESHOLD: semantic_cache_pb2.REFUSAL_REASON_BELOW_THRESHOLD,
        RefusalReason.GUARD: semantic_cache_pb2.REFUSAL_REASON_GUARD,
        RefusalReason.LOW_CONFIDENCE: semantic_cache_pb2.REFUSAL_REASON_LOW_CONFIDENCE,
        RefusalReason.NOT_VERIFIED: semantic_cache_pb2.REFUSAL_REASON_NOT_VERIFIED,
        RefusalReason.NOT_VERIFIABLE: semantic_cache_pb2.REFUSAL_REASON_NOT_VERIFIABLE,
        RefusalReason.SHADOW: semantic_cache_pb2.REFUSAL_REASON_SHADOW,
    },
)

EXACT_ONLY_REASONS: Final = EnumTable(
    ExactOnlyReason,
    {
        ExactOnlyReason.PROMPT_EXCEEDS_WINDOW: types_pb2.EXACT_ONLY_REASON_PROMPT_EXCEEDS_WINDOW,
        ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS: (
            types_pb2.EXACT_ONLY_REASON_PROMPT_HAS_UNKNOWN_TOKENS
        ),
        ExactOnlyReason.CACHE_STRATEGIES: types_pb2.EXACT_ONLY_REASON_CACHE_STRATEGIES,
    },
)


def refusal_reason(number: int) -> RefusalReason:
    """The reason; OTHER for one that came with a newer server."""
    try:
        return REFUSAL_REASONS.member_of(number)
    except ValueError:
        return RefusalReason.OTHER


def exact_only_reason(number: int) -> ExactOnlyReason | None:
    """The reason, None if there is none.

    One that came with a newer server is OTHER, not None: None says that similarity was
    tried.
    """
    if number == types_pb2.EXACT_ONLY_REASON_UNSPECIFIED:
        return None
    try:
        return EXACT_ONLY_REASONS.member_of(number)
    except ValueError:
        return ExactOnlyReason.OTHER
