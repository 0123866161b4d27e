"""What is told of hits, in words and as JSON."""

import json

from nearhit import CacheStats, Rate, RefusalReason
from nearhit_server.cli import quality_rendering


def stats(**changes):
    values = {
        "searches": 1_200,
        "exact_hits": 300,
        "semantic_hits": 60,
        "refusals": {RefusalReason.GUARD: 5, RefusalReason.BELOW_THRESHOLD: 800},
        "reported_right": 19,
        "reported_wrong": 1,
        "false_hit_rate": Rate(0.05, 0.009, 0.236),
        "min_confidence": 0.93,
        "quarantined_entries": 2,
    }
    return CacheStats(**{**values, **changes})


def test_stats_are_words():
    assert quality_rendering.stats_fields(stats()) == {
        "searches": "1,200",
        "exact hits": "300 (25.0 %)",
        "semantic hits": "60 (5.0 %)",
        "refused": "800 below threshold, 5 guard",
        "reported": "19 right, 1 wrong",
        "false-hit rate": "5.0 %, between 0.9 % and 23.6 %",
        "least confidence": "0.9300",
        "quarantined entries": "2",
    }


def test_stats_of_a_new_cache_are_words():
    fields = quality_rendering.stats_fields(
        stats(
            searches=0,
            exact_hits=0,
            semantic_hits=0,
            refusals={},
            false_hit_rate=None,
            min_confidence=None,
        )
    )

    assert (fields["exact hits"], fields["refused"]) == ("0", "none")
    assert fields["false-hit rate"] == "not known, nothing was reported"
    assert fields["least confidence"] == "none, the threshold decides"


def test_stats_say_when_nothing_is_sure_enough():
    fields = quality_rendering.stats_fields(stats(min_confidence=1.01))

    assert fields["least confidence"] == "only exact hits are sure enough"


def test_stats_are_json():
    record = json.loads(json.dumps(quality_rendering.stats_record(stats())))

    assert record["refusals"] == {"guard": 5, "below_threshold": 800}
    assert record["false_hit_rate"] == {"value": 0.05, "low": 0.009, "high": 0.236}
    assert record["semantic_hits"] == 60


def test_report_says_when_it_led_to_a_quarantine():
    assert quality_rendering.reported_sentence("e1", quarantined=False) == "noted for e1"
    assert "`nearhit release`" in quality_rendering.reported_sentence("e1", quarantined=True)
