"""The one log line of a call."""

from typing import Any

import structlog

from nearhit_server.core.caches import Strategy
from nearhit_server.core.errors import Reason
from nearhit_server.core.observing import CallRecord
from nearhit_server.core.queries import Hit

_log = structlog.get_logger()


def log_call(record: CallRecord, seconds: float) -> None:
    """Write what is known of a call that has ended. A fault of ours is an error, all else is
    in the day's work."""
    write = _log.error if record.reason == Reason.INTERNAL else _log.info
    write("call", **_fields(record, seconds))


def _fields(record: CallRecord, seconds: float) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "request_id": record.request_id,
        "protocol": record.protocol,
        "method": record.method,
        "status": record.status,
        "seconds": round(seconds, 6),
    }
    if record.cache_name:
        fields["cache"] = record.cache_name
    if record.key_id:
        fields["key_id"] = record.key_id
    if record.reason:
        fields["reason"] = str(record.reason)
    if record.searches:
        _add_search(fields, record)
    for stage, stage_seconds in record.stage_seconds.items():
        fields[f"{stage}_ms"] = round(stage_seconds * 1_000, 3)
    if record.prompt and record.searches == 1:
        fields["prompt"] = record.prompt
    return fields


def _add_search(fields: dict[str, Any], record: CallRecord) -> None:
    if record.searches > 1:
        fields |= {"searches": record.searches, "hits": record.hits}
        return
    outcome = record.first_outcome
    fields["hit"] = isinstance(outcome, Hit)
    if isinstance(outcome, Hit):
        fields["similarity"] = outcome.matches[0].similarity
        fields["strategy"] = outcome.matches[0].strategy.value
        if outcome.matches[0].strategy is Strategy.SEMANTIC:
            _add_confidence(fields, outcome.matches[0].confidence)
    elif outcome is not None and (nearest := outcome.candidate) is not None:
        fields["similarity"] = nearest.similarity
        fields["refused"] = nearest.reason.value
        _add_confidence(fields, nearest.confidence)


def _add_confidence(fields: dict[str, Any], confidence: float | None) -> None:
    if confidence is not None:
        fields["confidence"] = round(confidence, 3)
