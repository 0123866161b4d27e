"""Results as JSON objects and as lines for people. Pure."""

from typing import Any, Final

from nearhit import (
    Cache,
    Candidate,
    ExactOnlyReason,
    Hit,
    Match,
    Miss,
    RefusalReason,
    Stored,
)
from nearhit_server.cli.jsonl import entry_record, seconds_number

_REASONS: Final = {
    ExactOnlyReason.PROMPT_EXCEEDS_WINDOW: "the prompt is longer than the model reads",
    ExactOnlyReason.PROMPT_HAS_UNKNOWN_TOKENS: "the model cannot read all of the prompt",
    ExactOnlyReason.CACHE_STRATEGIES: "the cache does not search by similarity",
    ExactOnlyReason.OTHER: "the server gives a reason that this version does not know",
}

_REFUSALS: Final = {
    RefusalReason.BELOW_THRESHOLD: "is not near enough",
    RefusalReason.GUARD: "differs in what decides",
    RefusalReason.LOW_CONFIDENCE: "is too likely to be wrong",
    RefusalReason.NOT_VERIFIED: "could not be verified in time",
    RefusalReason.NOT_VERIFIABLE: "cannot be verified",
    RefusalReason.SHADOW: "was only recorded, as the cache is in shadow mode",
    RefusalReason.OTHER: "was refused for a reason that this version does not know",
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
        "candidate": None if result.candidate is None else _candidate_record(result.candidate),
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
        "verification": cache.verification.value,
        "max_false_hit_rate": cache.max_false_hit_rate,
        "shadow": cache.shadow,
        "created_at": cache.created_at.isoformat(),
        "updated_at": cache.updated_at.isoformat(),
        "entry_count": cache.entry_count,
    }


def match_fields(match: Match) -> dict[str, str]:
    """A match, for people, the response last because it is the longest."""
    entry = match.entry
    sure = "" if match.confidence is None else f", confidence {match.confidence:.4f}"
    fields = {
        "hit": f"similarity {match.similarity:.4f}{sure}, {match.strategy.value}",
        "prompt": entry.prompt,
        "entry": entry.entry_id,
    }
    if entry.attributes:
        fields["attributes"] = ", ".join(
            f"{key}={value}" for key, value in entry.attributes.items()
        )
    return {**fields, "response": entry.response}


def miss_sentence(miss: Miss, threshold: float | None) -> str:
    """A miss, for people: how far off it was and why it was refused, or why nobody knows."""
    if miss.exact_only_reason is not None:
        return f"miss: only searched exactly, as {_REASONS[miss.exact_only_reason]}"
    if miss.nearest_similarity is None:
        return "miss: nothing to compare with"
    nearest = f"miss: the nearest entry has similarity {miss.nearest_similarity:.4f}"
    candidate = miss.candidate
    if candidate is None:
        under = "under the threshold" if threshold is None else f"under {threshold:g}"
        return f"{nearest}, {under}"
    detail = f": {candidate.detail}" if candidate.detail else ""
    return f"{nearest} and {_REFUSALS[candidate.reason]}{detail}"


def candidate_fields(candidate: Candidate) -> dict[str, str]:
    """An entry that was refused, for people."""
    fields = {"prompt": candidate.prompt, "entry": candidate.entry_id}
    if candidate.confidence is not None:
        fields["confidence"] = f"{candidate.confidence:.4f}"
    return fields


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
        "confidence": match.confidence,
        "entry": entry_record(match.entry),
    }


def _candidate_record(candidate: Candidate) -> dict[str, Any]:
    return {
        "entry_id": candidate.entry_id,
        "prompt": candidate.prompt,
        "similarity": candidate.similarity,
        "confidence": candidate.confidence,
        "reason": candidate.reason.value,
        "detail": candidate.detail,
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
