"""Requests about the quality of hits that are refused, and why."""

from nearhit.v1 import cache_quality_pb2 as quality
from nearhit.v1 import semantic_cache_pb2 as pb


def report(**fields):
    fields = {"cache": "default", "entry_id": "0" * 32, "prompt": "p", "verdict": 1} | fields
    return pb.ReportHitRequest(**fields)


def release(**fields):
    return quality.ReleaseEntryRequest(**{"cache": "default", "entry_id": "0" * 32} | fields)


REFUSED_QUALITY = [
    (report(verdict=0), "verdict"),
    (report(verdict=3), "verdict"),
    (report(prompt=""), "prompt"),
    (report(prompt=" \n\t"), "prompt"),
    (report(prompt="x" * 8_193), "prompt"),
    (report(prompt="a\0b"), "prompt"),
    (report(entry_id=""), "entry_id"),
    (report(entry_id="A" * 32), "entry_id"),
    (report(cache=""), "cache"),
    (release(entry_id="nope"), "entry_id"),
    (release(cache="Default"), "cache"),
    (quality.GetCacheStatsRequest(cache="?"), "cache"),
    *[
        (request(**{"cache": "default"} | page), field)
        for request in (quality.ListReportsRequest, quality.ListShadowSearchesRequest)
        for page, field in (
            ({"page_size": 1_001}, "page_size"),
            ({"page_size": -1}, "page_size"),
            ({"page_token": "what"}, "page_token"),
            ({"page_token": "\0"}, "page_token"),
            ({"page_token": "9" * 5_000}, "page_token"),
            ({"cache": "a b"}, "cache"),
        )
    ],
]

UNMET_QUALITY = [
    (report(), "NOT_FOUND", "ENTRY_NOT_FOUND"),
    (report(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
    (release(), "NOT_FOUND", "ENTRY_NOT_FOUND"),
    (release(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
    (quality.GetCacheStatsRequest(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
    (quality.ListReportsRequest(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
    (quality.ListShadowSearchesRequest(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
]
