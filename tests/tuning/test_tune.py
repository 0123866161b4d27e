"""A tuning as a whole: what is compared, as JSON and as a page."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from nearhit_server.tuning import wording
from nearhit_server.tuning.curves import Point
from nearhit_server.tuning.operating_points import BestPoint
from nearhit_server.tuning.page import page_of
from nearhit_server.tuning.pairs import Pair, PairsError
from nearhit_server.tuning.record import record
from nearhit_server.tuning.scoring import PairScore
from nearhit_server.tuning.tune import held_out_half
from nearhit_server.tuning.ways import ways_of
from tuning.made import SUBJECT, pairs, scores, tuned, tuning


class Page(HTMLParser):
    """Refuses what is not closed, and collects."""

    def __init__(self, source):
        super().__init__()
        self.open, self.words, self.links = [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.links += [v for k, v in attributes if k in ("src", "href", "xlink:href", "data")]

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def test_verified_pairs_count_by_their_confidence():
    found = ways_of([PairScore(0.9, 0.7), PairScore(0.8, 0.9, "guard"), PairScore(None, 0.4)])
    assert [way.name for way in found] == ["threshold only", "verified"]
    assert list(found[0].scores) == [0.9, 0.8, float("-inf")]
    assert list(found[1].scores) == [0.7, float("-inf"), float("-inf")]


def test_pair_of_unknown_confidence_is_not_served_when_others_have_one():
    _, verified = ways_of([PairScore(0.9, 0.7), PairScore(0.99)])
    assert list(verified.scores) == [0.7, float("-inf")]


def test_guarded_pairs_count_by_their_similarity_when_there_are_no_confidences():
    _, guarded = ways_of([PairScore(0.9), PairScore(0.95, None, "guard")])
    assert guarded.settings(0.91, 0.02) == {"verification": "guard", "similarity_threshold": 0.91}
    assert list(guarded.scores) == [0.9, float("-inf")]


def test_threshold_is_all_there_is_when_nothing_verifies():
    [only] = ways_of([PairScore(0.9), PairScore(None)])
    assert only.settings(0.91, 0.02) == {"verification": "off", "similarity_threshold": 0.91}


def test_tuning_counts_every_pair_once():
    labelled = pairs(500)
    scored = [PairScore(None), *scores(labelled)[1:]]

    found = tuned(labelled, scored)

    assert found.tuned_on.pairs == found.held_out.pairs == 250
    equivalent = sum(pair.equivalent for pair in labelled)
    assert found.tuned_on.equivalent + found.held_out.equivalent == equivalent
    assert found.unread == 1
    for way in found.ways:
        assert way.curve.equivalent == found.held_out.equivalent
        assert way.curve.different == found.held_out.different


def test_worst_errors_are_the_surest_wrong_pairs():
    found = tuning()
    labelled = pairs(2_000)
    by_confidence = sorted(
        (
            (-score.confidence, pair.first)
            for pair, score in zip(labelled, scores(labelled), strict=True)
            if not pair.equivalent and score.refused_by is None
        ),
    )
    worst = found.ways[1].worst
    assert [(-each.score, each.first) for each in worst] == by_confidence[:10]


def test_pairs_that_all_share_prompts_are_refused():
    tangled = [Pair("the same", f"other {n}", n % 2 == 0) for n in range(100)]
    with pytest.raises(PairsError, match=r"pairs\.tsv: so many pairs have prompts in common"):
        held_out_half(tangled, SUBJECT)


def test_json_has_the_members_that_programs_rely_on():
    found = tuning(subject=replace(SUBJECT, max_false_hit_rate=0.05))

    said = json.loads(json.dumps(record(found), allow_nan=False))

    assert list(said) == [
        *("schema", "source", "from_reports", "model", "seed", "max_false_hit_rate"),
        *("tuned_on", "held_out", "unread_pairs", "ways"),
    ]
    assert said["schema"] == "nearhit-tune/1"
    assert set(said["tuned_on"]) == {"pairs", "equivalent", "different"}
    alone, verified = said["ways"]
    for way in (alone, verified):
        assert list(way) == [
            *("name", "scale", "recommended", "best", "obstacle"),
            *("operating_points", "curve", "worst"),
        ]
        lengths = {len(values) for values in way["curve"].values()}
        assert lengths == {200}
        assert way["curve"]["threshold"][-1] == min(way["curve"]["threshold"])
        assert set(way["worst"][0]) == {"score", "similarity", "first", "second"}
    assert verified["recommended"]["settings"] == {
        "verification": "full",
        "max_false_hit_rate": 0.05,
    }
    assert set(verified["recommended"]) == {
        *("settings", "threshold", "right", "wrong"),
        *("recall", "false_positive_rate", "false_hit_rate"),
    }
    assert set(verified["recommended"]["recall"]) == {"value", "low", "high"}
    # Where a cache begins, and what these pairs bear.
    assert verified["recommended"]["threshold"] == pytest.approx(0.95)
    assert verified["best"]["threshold"] < 0.9
    assert alone["best"]["threshold"] == alone["recommended"]["settings"]["similarity_threshold"]
    assert [p["wanted_recall"] for p in alone["operating_points"]] == [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


def test_json_is_null_where_nothing_was_found():
    [alone] = record(tuning(100, refused=0, confident=False))["ways"]
    assert alone["recommended"] is None
    assert alone["obstacle"].startswith("too few pairs: ")
    labelled = pairs(100)
    nothing = [PairScore(None)] * 100
    empty = tuned(labelled, nothing)
    [alone] = record(empty)["ways"]
    assert alone["curve"] == {
        name: [] for name in ("threshold", "recall", "false_positive_rate", "false_hit_rate")
    }
    assert {point["held_out"] for point in alone["operating_points"]} == {None}
    assert "not reached" in Page(page_of(empty)).text


def test_page_shows_the_numbers_and_needs_nothing_from_elsewhere():
    found = tuning()

    source = page_of(found)

    page = Page(source)
    assert all(link.startswith("#") for link in page.links)
    assert "url(http" not in source
    assert "@import" not in source
    assert wording.heading(found) in page.text
    for way in found.ways:
        assert wording.recommended(way, 0.02) in page.text
        assert (wording.borne(way) or "") in page.text
        assert wording.percent(way.operating_points[0].held_out.false_hit_rate) in page.text
        assert way.worst[0].first in page.text
    assert page.open == []
    drawing = source[source.index("<svg") : source.index("</svg>") + len("</svg>")]
    drawn = "".join(ElementTree.fromstring(drawing).itertext())
    for label in ("threshold only", "verified", "recall", "share of hits that are wrong"):
        assert label in drawn
    assert page_of(found) == source


def test_page_escapes_what_prompts_hold():
    labelled = [replace(p, first=f"<script>alert({n})</script>") for n, p in enumerate(pairs(200))]
    subject = replace(SUBJECT, source="<b>&.tsv")
    found = tuned(labelled, scores(labelled), subject)

    source = page_of(found)

    assert "<script" not in source
    assert "&lt;script&gt;alert(" in source
    assert "<b>" not in source
    assert "<title>nearhit tune: &lt;b&gt;&amp;.tsv</title>" in source


@pytest.mark.parametrize(("from_reports", "said"), [(True, 1), (False, 0)])
def test_notes_say_what_reports_do_not_know(from_reports, said):
    found = tuning(subject=replace(SUBJECT, from_reports=from_reports))
    assert (
        sum("What the cache refused is not among them" in n for n in wording.notes(found)) == said
    )


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (0, 0, "nothing of the held-out half would hit"),
        (90, 10, "more of the held-out half's hits are wrong than was asked for"),
        (100, 1, "the rate may be above 2.0 %"),
        (5_000, 10, ""),
    ],
)
def test_warning_is_given_when_other_pairs_do_not_bear_the_rate_out(right, wrong, said):
    found = tuning(100, refused=0, confident=False)
    best = BestPoint(Point(0.9, right, wrong, 6_000, 6_000))
    found = replace(found, ways=[replace(found.ways[0], best=best)])
    warnings = list(wording.warnings(found))
    assert len(warnings) == bool(said)
    assert all(said in warning for warning in warnings)
