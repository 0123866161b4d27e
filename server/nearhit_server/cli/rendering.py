"""Results as JSON objects and as lines for people. Pure."""

from typing import Any, Final

from nearhit import Cache, ExactOnlyReason, Hit, Match, Miss, Stored
from nearhit_server.cli.jsonl import entry_record, seconds_number

_REASONS: Final = {
    ExactOnlyReason.PROMPT_EXCEEDS_WINDOW: "the prompt is longer than the model reads",
    ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS: "the model cannot read all of the prompt",
    ExactOnlyReason.CACHE_STRATEGIES: "the cache does not search by similarity",
    ExactOnlyReason.OTHER: "the server gives a reason that this version does not know",
}


def search_record(result: Hit | Miss) -> dict[str, Any]:
    """A search's result; `hit` says which of the two it is."""
    if isinstance(result, Hit):
        matches = [_match_record(match) for match in result.matches]
        return {"hit": True, "effective_prompt": result.effective_prompt, "matches": matches}
    return {
        "hit": False,
        "effective_prompt": result.effective_prompt,
        "nearest_similarity": result.nearest_similarity,
        "exact_only_reason": _reason_word(result.exact_only_reason),
    }


def stored_record(stored: Stored) -> dict[str, Any]:
    """What became of a stored entry."""
    return {
        "entry_id": stored.entry_id,
        "created": stored.created,
        "exact_only_reason": _reason_word(stored.exact_only_reason),
    }


def cache_record(cache: Cache) -> dict[str, Any]:
    """A cache's settings and size; what is not set is null."""
    return {
        "cache_id": cache.cache_id,
        "model": cache.model or None,
        "dimension": cache.dimension,
        "similarity_threshold": cache.similarity_threshold,
        "default_ttl_seconds": (
            None if cache.default_ttl is None else seconds_number(cache.default_ttl)
        ),
        "ttl_refresh_on_hit": cache.ttl_refresh_on_hit,
        "strategies": [strategy.value for strategy in cache.strategies],
        "long_prompts": cache.long_prompts.value,
        "max_entries": cache.max_entries,
        "attributes": {name: kind.value for name, kind in cache.attributes.items()},
        "restrict_attributes": cache.restrict_attributes,
        "created_at": cache.created_at.isoformat(),
        "updated_at": cache.updated_at.isoformat(),
        "entry_count": cache.entry_count,
    }


def match_fields(match: Match) -> dict[str, str]:
    """A match, for people, the response last because it is the longest."""
    entry = match.entry
    fields = {
        "hit": f"similarity {match.similarity:.4f}, {match.strategy.value}",
        "prompt": entry.prompt,
        "entry": entry.entry_id,
    }
    if entry.attributes:
        fields["attributes"] = ", ".join(
            f"{key}={value}" for key, value in entry.attributes.items()
        )
    return {**fields, "response": entry.response}


def miss_sentence(miss: Miss, threshold: float | None) -> str:
    """A miss, for people: how far off it was, or why nobody knows."""
    if miss.exact_only_reason is not None:
        return f"miss: only searched exactly, as {_REASONS[miss.exact_only_reason]}"
    if miss.nearest_similarity is None:
        return "miss: nothing to compare with"
    under = "under the threshold" if threshold is None else f"under {threshold:g}"
    return f"miss: the nearest entry has similarity {miss.nearest_similarity:.4f}, {under}"


def stored_sentence(stored: Stored) -> str:
    """What became of a stored entry, for people."""
    done = "stored" if stored.created else "replaced"
    if stored.exact_only_reason is None:
        return f"{done} {stored.entry_id}"
    reason = _REASONS[stored.exact_only_reason]
    return f"{done} {stored.entry_id}; only exact searches find it, as {reason}"


def cache_fields(cache: Cache) -> dict[str, str]:
    """A cache, for people."""
    record = cache_record(cache)
    if cache.default_ttl is not None:
        record["default_ttl_seconds"] = str(cache.default_ttl)
    names = {"cache_id": "cache", "default_ttl_seconds": "default_ttl"}
    return {
        names.get(name, name).replace("_", " "): _words(value)
        for name, value in record.items()
        if name != "entry_count" or value is not None
    }


def _match_record(match: Match) -> dict[str, Any]:
    return {
        "similarity": match.similarity,
        "strategy": match.strategy.value,
        "entry": entry_record(match.entry),
    }


def _reason_word(reason: ExactOnlyReason | None) -> str | None:
    return None if reason is None else reason.value


def _words(value: Any) -> str:
    if value is None or value in ([], {}):
        return "none"
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(value)
        case dict():
            return ", ".join(f"{name}:{kind}" for name, kind in value.items())
    return str(value)
