"""Reports, and what searches in shadow mode came to, as JSON text."""

import json
from datetime import datetime

from nearhit_server.core.caches import Strategy
from nearhit_server.core.quality.reports import HitReport, ShadowSearch, Verdict
from nearhit_server.core.queries import RefusalReason


def report_to_json(report: HitReport) -> str:
    """All of a report."""
    return json.dumps(
        {
            "entry_id": report.entry_id,
            "prompt": report.prompt,
            "entry_prompt": report.entry_prompt,
            "entry_updated_at": report.entry_updated_at.isoformat(),
            "verdict": report.verdict.value,
            "similarity": report.similarity,
            "confidence": report.confidence,
            "reported_at": report.reported_at.isoformat(),
        },
        ensure_ascii=False,
    )


def report_from_json(text: str | bytes) -> HitReport:
    """The reverse of `report_to_json`."""
    fields = json.loads(text)
    return HitReport(
        entry_id=fields["entry_id"],
        prompt=fields["prompt"],
        entry_prompt=fields["entry_prompt"],
        entry_updated_at=datetime.fromisoformat(fields["entry_updated_at"]),
        verdict=Verdict(fields["verdict"]),
        similarity=fields["similarity"],
        confidence=fields["confidence"],
        reported_at=datetime.fromisoformat(fields["reported_at"]),
    )


def shadow_search_to_json(search: ShadowSearch) -> str:
    """All of what a search came to."""
    return json.dumps(
        {
            "prompt": search.prompt,
            "entry_id": search.entry_id,
            "entry_prompt": search.entry_prompt,
            "similarity": search.similarity,
            "confidence": search.confidence,
            "strategy": search.strategy.value,
            "refusal": None if search.refusal is None else search.refusal.value,
            "searched_at": search.searched_at.isoformat(),
        },
        ensure_ascii=False,
    )


def shadow_search_from_json(text: str | bytes) -> ShadowSearch:
    """The reverse of `shadow_search_to_json`."""
    fields = json.loads(text)
    refusal = fields["refusal"]
    return ShadowSearch(
        prompt=fields["prompt"],
        entry_id=fields["entry_id"],
        entry_prompt=fields["entry_prompt"],
        similarity=fields["similarity"],
        confidence=fields["confidence"],
        strategy=Strategy(fields["strategy"]),
        refusal=None if refusal is None else RefusalReason(refusal),
        searched_at=datetime.fromisoformat(fields["searched_at"]),
    )
