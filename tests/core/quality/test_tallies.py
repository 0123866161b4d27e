"""Counts and the bands of confidence that reports are counted by."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhit_server.core.quality.reports import Verdict
from nearhit_server.core.quality.tallies import (
    BANDS_PER_LOGIT,
    band_of,
    evidence,
    total,
    verdicts,
)


@given(st.floats(0.001, 0.999))
def test_band_is_the_nearest_one(confidence):
    log_odds = math.log(confidence / (1 - confidence))
    assert abs(band_of(confidence) / BANDS_PER_LOGIT - log_odds) <= 0.5 / BANDS_PER_LOGIT + 1e-9


@pytest.mark.parametrize(("confidence", "band"), [(0.0, -16), (1.0, 16), (1e-300, -16), (0.5, 0)])
def test_band_of_an_extreme(confidence, band):
    assert band_of(confidence) == band


def test_evidence_is_by_band_and_leaves_out_what_has_none():
    tallies = {
        "searches": 100,
        verdicts(Verdict.RIGHT, 0.98): 7,
        verdicts(Verdict.WRONG, 0.98): 1,
        verdicts(Verdict.WRONG, 0.5): 2,
        verdicts(Verdict.RIGHT, None): 5,
        verdicts(Verdict.RIGHT, 0.3): 0,
    }
    assert evidence(tallies) == {band_of(0.98): (7, 1), 0: (0, 2)}
    assert (total(tallies, Verdict.RIGHT), total(tallies, Verdict.WRONG)) == (12, 3)
