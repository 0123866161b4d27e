"""The shipped verifier on its runtimes."""

import numpy as np
import pytest

from nearhit_server.encoders.verifier import load_calibration, open_verifier
from nearhit_server.encoders.verifier.artifact import WINDOW

PAIRS = [
    ("How do I reset my password?", "how to change a forgotten password"),
    ("flights to Tokyo", "flights to Osaka"),
    ("best pizza in Chicago", "what is the best pizza place in Chicago?"),
    ("How do I learn Python?", "How do I learn to fly a plane?"),
]


async def logits(verifier, pairs):
    return (await verifier.encode(verifier.tokenize_pairs(pairs)))[:, 0]


@pytest.fixture
async def verifier(local_options):
    async with open_verifier(local_options) as opened:
        yield opened


async def test_paraphrases_have_higher_logits_than_other_questions(verifier):
    same, other_place, also_same, other_subject = await logits(verifier, PAIRS)
    assert min(same, also_same) > max(other_place, other_subject)


async def test_pair_has_the_same_logit_alone_and_among_others(verifier):
    together = await logits(verifier, PAIRS * 5)
    alone = np.concatenate([await logits(verifier, [pair]) for pair in PAIRS])
    assert np.abs(together - np.tile(alone, 5)).max() < 0.15


async def test_runtimes_agree(verifier, on_torch):
    async with open_verifier(on_torch) as on_torch:
        expected = await logits(on_torch, PAIRS)
    assert np.abs(await logits(verifier, PAIRS) - expected).max() < 0.15


async def test_tokens_tell_what_cannot_be_read(verifier):
    readable, long, unknown, torn = verifier.tokenize_pairs(
        [PAIRS[0], ("word " * WINDOW, "word"), ("🦄", "word"), ("a [SEP] b", "word")]
    )
    assert not readable.exceeds_window
    assert not readable.has_unknown
    assert long.exceeds_window
    assert len(long.token_ids) == WINDOW
    assert unknown.has_unknown
    assert torn.has_unknown


async def test_text_of_a_health_check_is_a_pair(verifier):
    (text,) = await verifier.tokenize(["is anybody there"])
    assert (await verifier.encode([text])).shape == (1, 1)


def test_calibration_weighs_similarity_and_verdict():
    calibration = load_calibration()
    assert calibration.verified.logit > 0
    assert calibration.verified.nearness > 0
    assert 0.5 < calibration.least_similarity < 0.9
    strict, loose = (calibration.min_confidence(rate) for rate in (0.02, 0.2))
    assert 0.5 < loose < strict
