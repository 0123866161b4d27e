"""The sum of searches in shadow mode."""

import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from nearhit import RefusalReason, ShadowSearch, Strategy
from nearhit_server.cli import shadow_rendering
from nearhit_server.cli.shadow_summary import summary_of

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


def search(prompt, similarity=0.9, confidence=None, refusal=None, entry_id="e1"):
    return ShadowSearch(
        searched_at=NOON,
        prompt=prompt,
        entry_id=entry_id,
        entry_prompt="stored",
        similarity=similarity,
        confidence=confidence,
        strategy=Strategy.SEMANTIC,
        refusal=refusal,
    )


def printed(summary):
    console = Console(width=160)
    with console.capture() as captured:
        for title, table in shadow_rendering.summary_tables(summary):
            console.print(title)
            console.print(table)
    return captured.get()


@pytest.mark.parametrize(
    ("confidence", "least"),
    [
        (1.0, 0.99),
        (0.99, 0.99),
        (0.9899, 0.95),
        (0.95, 0.95),
        (0.9, 0.9),
        (0.8, 0.8),
        (0.7999, 0.0),
        (0.0, 0.0),
    ],
)
def test_would_be_hit_counts_in_the_band_of_its_confidence(confidence, least):
    summary = summary_of([search("a", confidence=confidence)])

    assert {band for band, count in summary.bands.items() if count} == {least}


def test_expected_rate_is_the_mean_of_what_lacks_to_certainty():
    searches = [search("a", confidence=1.0), search("b", confidence=0.9), search("c")]
    refused = search("d", confidence=0.1, refusal=RefusalReason.LOW_CONFIDENCE)

    summary = summary_of([*searches, refused])

    assert summary.false_hit_rate == pytest.approx(0.05)
    assert (summary.searches, summary.would_hit, summary.unverified) == (4, 3, 1)


def test_search_that_found_no_entry_is_no_would_be_hit():
    summary = summary_of([search("a", entry_id="")])

    assert (summary.would_hit, summary.alone, summary.refusals) == (0, 1, {})


def test_examples_are_the_least_sure_hits_and_the_nearest_refusals():
    hits = [search(f"hit {n}", confidence=n / 20) for n in range(20)]
    refusals = [
        search(f"miss {n}", similarity=n / 20, refusal=RefusalReason.GUARD) for n in range(20)
    ]

    summary = summary_of([*refusals, *hits])

    assert [s.prompt for s in summary.least_sure] == [f"hit {n}" for n in range(10)]
    assert [s.prompt for s in summary.nearest_refused] == [f"miss {n}" for n in range(19, 9, -1)]


def test_search_that_was_asked_often_is_one_example():
    summary = summary_of([search("same", confidence=0.5)] * 12 + [search("other", confidence=0.9)])

    assert [s.prompt for s in summary.least_sure] == ["same", "other"]


def test_hits_of_no_confidence_come_last_by_similarity():
    hits = [search("far", 0.8), search("near", 0.95), search("sure", confidence=0.99)]

    assert [s.prompt for s in summary_of(hits).least_sure] == ["sure", "far", "near"]


def test_summary_is_tables_for_people():
    searches = [search(f"hit {n}", confidence=0.97) for n in range(3)]
    searches += [search("bare"), search("nothing", entry_id="")]
    searches.append(search("top films 2024", 0.97, refusal=RefusalReason.GUARD))

    summary = summary_of(searches)
    text = printed(summary)

    assert shadow_rendering.summary_fields(summary) == {
        "searches recorded": "6",
        "would have hit": "4 (66.7 %)",
        "expected false-hit rate": "3.0 %",
    }
    assert "0.95 to 0.99" in text
    assert text.count("75.0 %") == 1
    assert "not verified" in text
    assert "nothing to compare with" in text
    assert "guard" in text.split("The nearest that were refused")[1]
    assert "top films 2024" in text


def test_long_and_dangerous_prompts_are_cut_and_escaped_for_people():
    text = printed(summary_of([search("\x1b[31m" + "x" * 8_000, confidence=0.9)]))

    assert "\x1b" not in text
    assert "\\x1b[31m" in text
    assert len(text) < 3_000


def test_summary_of_nothing_is_no_table():
    summary = summary_of([])

    assert shadow_rendering.summary_tables(summary) == []
    assert shadow_rendering.summary_fields(summary)["expected false-hit rate"] == "not known"


def test_summary_is_json():
    searches = [search("a", confidence=0.97), search("b", 0.8, refusal=RefusalReason.GUARD)]

    record = json.loads(json.dumps(shadow_rendering.summary_record(summary_of(searches))))

    assert {"least_confidence": 0.95, "would_hit": 1} in record["bands"]
    assert record["expected_false_hit_rate"] == pytest.approx(0.03)
    assert record["refusals"] == {"guard": 1}
    assert [example["prompt"] for example in record["nearest_refused"]] == ["b"]
