"""How much of a prompt a cache lets its model leave unread, and what comes of the rest."""

from collections.abc import Collection, Mapping
from typing import Final

from nearhit_server.core.caches import CacheSpec, LongPrompts
from nearhit_server.core.embedding.vector_lru import Unread
from nearhit_server.core.queries import ExactOnlyReason

EXACT_ONLY_REASONS: Final[Mapping[Unread, ExactOnlyReason]] = {
    Unread.PAST_WINDOW: ExactOnlyReason.PROMPT_EXCEEDS_WINDOW,
    Unread.UNKNOWN_TOKENS: ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS,
}
"""Why a prompt that is not read whole has no vector."""


def tolerated_by(spec: CacheSpec) -> Collection[Unread]:
    """What the cache's model may leave unread: the end of long prompts, where the owner chose so.
    Unknown tokens never, because nobody can choose what they stand for."""
    return {Unread.PAST_WINDOW} if spec.long_prompts is LongPrompts.TRUNCATE else set()
