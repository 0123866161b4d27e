"""What a model leaves unread of a text, and what that means for a cache."""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Final

from nearhit_server.core.caches import CacheSpec, LongPrompts
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.queries import ExactOnlyReason


class Unread(Enum):
    """What of a text the model did not read."""

    PAST_WINDOW = "past_window"
    UNKNOWN_TOKENS = "unknown_tokens"


EXACT_ONLY_REASONS: Final[Mapping[Unread, ExactOnlyReason]] = {
    Unread.PAST_WINDOW: ExactOnlyReason.PROMPT_EXCEEDS_WINDOW,
    Unread.UNKNOWN_TOKENS: ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS,
}
"""Why a prompt that is not read whole has no vector."""


def unread_of(tokens: TokenizedText) -> Unread | None:
    """What the model does not read of a text; what it cannot tell apart weighs more."""
    if tokens.has_unknown:
        return Unread.UNKNOWN_TOKENS
    return Unread.PAST_WINDOW if tokens.exceeds_window else None


def tolerated_by(spec: CacheSpec) -> Collection[Unread]:
    """What the cache's model may leave unread: the end of long prompts, where the owner chose so.
    Unknown tokens never, because nobody can choose what they stand for."""
    return {Unread.PAST_WINDOW} if spec.long_prompts is LongPrompts.TRUNCATE else set()
