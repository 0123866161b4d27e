"""Enums of the contract and of the core, one table each."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, TypeVar

from nearhit.v1 import cache_admin_pb2, semantic_cache_pb2, types_pb2
from nearhit_server.core.caches import AttributeType, LongPrompts, Strategy, Verification
from nearhit_server.core.quality.reports import Verdict
from nearhit_server.core.queries import ExactOnlyReason, RefusalReason
from nearhit_server.core.validation import invalid

E = TypeVar("E", bound=Enum)
N = TypeVar("N", bound=int)

STRATEGIES: Final = {
    types_pb2.SEARCH_STRATEGY_EXACT: Strategy.EXACT,
    types_pb2.SEARCH_STRATEGY_SEMANTIC: Strategy.SEMANTIC,
}
STRATEGY_NUMBERS: Final = {value: number for number, value in STRATEGIES.items()}

LONG_PROMPTS: Final = {
    cache_admin_pb2.LONG_PROMPTS_EXACT_ONLY: LongPrompts.EXACT_ONLY,
    cache_admin_pb2.LONG_PROMPTS_TRUNCATE: LongPrompts.TRUNCATE,
}
LONG_PROMPTS_NUMBERS: Final = {value: number for number, value in LONG_PROMPTS.items()}

ATTRIBUTE_TYPES: Final = {
    cache_admin_pb2.ATTRIBUTE_TYPE_TAG: AttributeType.TAG,
    cache_admin_pb2.ATTRIBUTE_TYPE_NUMERIC: AttributeType.NUMERIC,
    cache_admin_pb2.ATTRIBUTE_TYPE_TEXT: AttributeType.TEXT,
}
ATTRIBUTE_TYPE_NUMBERS: Final = {value: number for number, value in ATTRIBUTE_TYPES.items()}

VERIFICATIONS: Final = {
    cache_admin_pb2.VERIFICATION_OFF: Verification.OFF,
    cache_admin_pb2.VERIFICATION_GUARD: Verification.GUARD,
    cache_admin_pb2.VERIFICATION_FULL: Verification.FULL,
}
VERIFICATION_NUMBERS: Final = {value: number for number, value in VERIFICATIONS.items()}

VERDICTS: Final = {
    semantic_cache_pb2.VERDICT_RIGHT: Verdict.RIGHT,
    semantic_cache_pb2.VERDICT_WRONG: Verdict.WRONG,
}
VERDICT_NUMBERS: Final = {value: number for number, value in VERDICTS.items()}

REFUSAL_REASON_NUMBERS: Final = {
    None: semantic_cache_pb2.REFUSAL_REASON_UNSPECIFIED,
    RefusalReason.BELOW_THRESHOLD: semantic_cache_pb2.REFUSAL_REASON_BELOW_THRESHOLD,
    RefusalReason.GUARD: semantic_cache_pb2.REFUSAL_REASON_GUARD,
    RefusalReason.LOW_CONFIDENCE: semantic_cache_pb2.REFUSAL_REASON_LOW_CONFIDENCE,
    RefusalReason.NOT_VERIFIED: semantic_cache_pb2.REFUSAL_REASON_NOT_VERIFIED,
    RefusalReason.NOT_VERIFIABLE: semantic_cache_pb2.REFUSAL_REASON_NOT_VERIFIABLE,
    RefusalReason.SHADOW: semantic_cache_pb2.REFUSAL_REASON_SHADOW,
}

EXACT_ONLY_REASON_NUMBERS: Final = {
    None: types_pb2.EXACT_ONLY_REASON_UNSPECIFIED,
    ExactOnlyReason.PROMPT_EXCEEDS_WINDOW: types_pb2.EXACT_ONLY_REASON_PROMPT_EXCEEDS_WINDOW,
    ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS: (
        types_pb2.EXACT_ONLY_REASON_PROMPT_HAS_UNKNOWN_TOKENS
    ),
    ExactOnlyReason.CACHE_STRATEGIES: types_pb2.EXACT_ONLY_REASON_CACHE_STRATEGIES,
}


def decode_strategies(
    numbers: Iterable["types_pb2.SearchStrategy.ValueType"], *, field: str
) -> tuple[Strategy, ...]:
    """The strategies, in order. Raises InvalidArgumentError."""
    return tuple(
        decode_choice(number, STRATEGIES, field=f"{field}[{index}]")
        for index, number in enumerate(numbers)
    )


def decode_choice(number: N, table: Mapping[N, E], *, field: str) -> E:
    """The value of an enum. Raises InvalidArgumentError for one that is not specified or that
    this version does not know."""
    value = table.get(number)
    if value is None:
        raise invalid(field, f"{number} is not a value that can be chosen")
    return value
