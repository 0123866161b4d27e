"""The bodies of the LangCache API, in its current shape and, beside it, an older one."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from nearhit_server.api.rest.schemas import (
    Answer,
    Attributes,
    EntryId,
    Input,
    Omittable,
    Partial,
    Prompt,
    Strategies,
    StrategyName,
    Text,
)
from nearhit_server.core import limits

_MAX_TTL_MILLIS: Final = 31_556_952_000
"""A year, as LangCache has it."""

Similarity = Annotated[
    float, Field(ge=-1, le=1, description="Cosine similarity, 1 for an exact match.")
]


class SearchInput(Input):
    """What to look for."""

    prompt: Prompt
    similarity_threshold: Omittable[Annotated[float, Field(ge=0, le=1)]] = Field(
        default=None,
        description="How similar a prompt has to be; if absent, the cache's own threshold.",
        examples=[0.9],
    )
    search_strategies: Strategies = Field(
        default=["semantic"],
        description="Tried in this order; the first that finds something answers. If absent, a "
        "prompt that the model cannot read is looked for as it is.",
    )
    attributes: Attributes = Field(
        default_factory=dict, description="Only entries that carry all of these."
    )
    max_results: int = Field(default=1, ge=1, le=limits.MAX_RESULTS)


class ConversationalSearchInput(SearchInput):
    """What to look for, and what was said before."""

    context: list[Text] = Field(
        default_factory=list,
        max_length=limits.MAX_CONTEXT_TURNS,
        description="Earlier turns of the conversation, oldest first.",
        examples=[["How do I reset my password?"]],
    )


class SetInput(Input):
    """What to keep."""

    prompt: Prompt
    response: Text = Field(examples=["Choose 'Forgot password' on the sign-in page."])
    attributes: Attributes = Field(default_factory=dict)
    ttl_millis: Omittable[Annotated[int, Field(ge=1, le=_MAX_TTL_MILLIS)]] = Field(
        default=None,
        description="How long the entry lives; if absent, as the cache says.",
        examples=[3_600_000],
    )


class DeleteQueryInput(Input):
    """Which entries to delete."""

    model_config = ConfigDict(json_schema_extra={"required": ["attributes"]})

    # That it has to be there is for the core to say, which knows what to use instead.
    attributes: Attributes = Field(
        default_factory=dict,
        json_schema_extra={"minProperties": 1, "additionalProperties": False},
        description="Entries that carry all of these go.",
    )


ExactOnlyReasonName = Literal[
    "prompt_exceeds_window", "prompt_has_unknown_tokens", "cache_strategies"
]


class CacheEntry(Answer):
    """An entry that answers the prompt."""

    id: EntryId
    prompt: str
    response: str
    attributes: dict[str, str]
    similarity: Similarity
    search_strategy: StrategyName


class SearchAnswer(Answer):
    """What was found, the best first; nothing on a miss. Beside `data`, the best of it in the
    older shape."""

    data: list[CacheEntry]
    hit: bool
    entry_id: Partial[EntryId] = None
    prompt: Partial[str] = None
    response: Partial[str] = None
    similarity: Partial[Similarity] = None
    attributes: Partial[dict[str, str]] = None
    exact_only_reason: Partial[ExactOnlyReasonName] = Field(
        default=None, description="Why no entry was found by its meaning, if the prompt has none."
    )


class ConversationalSearchAnswer(SearchAnswer):
    """What was found, and what was looked for."""

    actual_prompt: str = Field(description="The prompt and as much of the context as it needs.")


class SetAnswer(Answer):
    """What became of the entry; `created` is false where it replaced another."""

    entry_id: EntryId
    created: bool
    exact_only_reason: Partial[ExactOnlyReasonName] = Field(
        default=None,
        description="Why the entry is only found by the same prompt, not by one that means it.",
    )


class DeleteQueryAnswer(Answer):
    """How many entries went, under both names."""

    deleted_entries_count: int
    deleted_count: int


class DeletedAnswer(Answer):
    """With `Prefer: return=representation`."""

    deleted: bool


class FlushedAnswer(Answer):
    """With `Prefer: return=representation`."""

    flushed: bool


class HealthAnswer(Answer):
    """The cache is there, and so is what it needs."""

    status: str = Field(examples=["ok"])
