"""Which of the nearest entries are served, and why the others are not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nearhit_server.core.caches import NO_THRESHOLD, CacheSpec, ModelBinding, Verification
from nearhit_server.core.entries import Entry, Neighbour
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.queries import RefusalReason
from nearhit_server.core.verification.assessment import Assessor
from nearhit_server.core.verification.judging import Judge, Question
from nearhit_server.core.verification.verifier import VerifierUnavailableError
from nearhit_server.encoders.verifier import load_calibration

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CALIBRATION = load_calibration()
SPEC = CacheSpec(
    cache_id="default",
    model=ModelBinding("all-MiniLM-L6-v2", CALIBRATION.encoder_identity),
    dimension=384,
    similarity_threshold=0.8,
    created_at=NOW,
    updated_at=NOW,
    verification=Verification.FULL,
)
BY_RATE = replace(SPEC, max_false_hit_rate=0.1, similarity_threshold=NO_THRESHOLD)

SURE, UNSURE = 8.0, -8.0
"""Logits that settle the matter."""

ASKED = "how can I change a forgotten password"
STORED = "How do I reset my password?"


class ScriptedVerifier:
    """Gives each stored prompt its logit, or fails."""

    def __init__(self):
        self.logit_of = {}
        self.failure = None
        self.tokens = 10
        self.asked = []
        self.calls = []
        self._pairs = {}

    async def tokenize(self, pairs, *, deadline):
        if self.failure is not None:
            raise VerifierUnavailableError(self.failure)
        texts = [
            TokenizedText(
                (101, number, *range(1_000, 1_000 + self.tokens)), exceeds_window=self.tokens > 100
            )
            for number in range(len(self._pairs), len(self._pairs) + len(pairs))
        ]
        self._pairs |= dict(zip(texts, pairs, strict=True))
        return texts

    async def logits(self, pairs, *, deadline):
        self.calls.append(len(pairs))
        self.asked += [self._pairs[text] for text in pairs]
        return [self.logit_of[self._pairs[text][1]] for text in pairs]


class FixedPoint:
    """An operating point that stays where it is."""

    async def of_cache(self, spec):
        return None if spec.max_false_hit_rate is None else 0.9


@pytest.fixture
def verifier():
    return ScriptedVerifier()


@pytest.fixture
def judge(verifier):
    return Judge(Assessor(CALIBRATION, verifier), FixedPoint())


def near(prompt, cosine):
    entry = Entry(
        entry_id="0" * 32,
        prompt=prompt,
        response="So.",
        attributes={},
        metadata_json=None,
        vector=None,
        ttl=None,
        created_at=NOW,
        updated_at=NOW,
        expires_at=None,
    )
    return Neighbour(entry, cosine)


def question(asked=ASKED, **changes):
    return Question(**{"asked": asked, "threshold": None, "max_results": 1, **changes})


async def outcome(judge, spec, asked, *neighbours):
    judged = await judge.judge(spec, asked, neighbours)
    reason = None if judged.refused is None else judged.refused.reason
    return [match.entry.prompt for match in judged.matches], reason


async def test_entry_that_the_verifier_is_sure_of_is_served_with_its_confidence(judge, verifier):
    verifier.logit_of = {STORED: SURE}
    judged = await judge.judge(SPEC, question(), [near(STORED, 0.85)])
    (match,) = judged.matches
    assert (match.entry.prompt, match.similarity) == (STORED, 0.85)
    assert 0.9 < match.confidence < 1
    assert judged.refused is None


async def test_entry_that_the_verifier_doubts_is_refused_though_it_is_near(judge, verifier):
    verifier.logit_of = {STORED: UNSURE}
    judged = await judge.judge(SPEC, question(), [near(STORED, 0.95)])
    assert judged.matches == ()
    assert judged.refused.reason is RefusalReason.LOW_CONFIDENCE
    assert judged.refused.confidence < 0.5


async def test_guard_refuses_without_the_verifier(judge, verifier):
    stored, asked = "How do I enable 2FA?", "How do I disable 2FA?"
    judged = await judge.judge(SPEC, question(asked), [near(stored, 0.96)])
    assert judged.refused.reason is RefusalReason.GUARD
    assert "disable" in judged.refused.detail
    assert verifier.asked == []


async def test_next_entry_answers_where_the_nearest_is_refused(judge, verifier):
    asked = "turn on 2FA"
    verifier.logit_of = {"How do I enable 2FA?": SURE}
    neighbours = near("How do I turn off 2FA?", 0.95), near("How do I enable 2FA?", 0.9)
    assert await outcome(judge, SPEC, question(asked), *neighbours) == (
        ["How do I enable 2FA?"],
        RefusalReason.GUARD,
    )


async def test_only_as_many_are_verified_as_are_wanted(judge, verifier):
    verifier.logit_of = dict.fromkeys(["a password reset", "resetting passwords"], SURE)
    neighbours = near("a password reset", 0.9), near("resetting passwords", 0.89)
    served, _ = await outcome(judge, SPEC, question(), *neighbours)
    assert served == ["a password reset"]
    assert [stored for _, stored in verifier.asked] == served
    served, _ = await outcome(judge, SPEC, question(max_results=2), *neighbours)
    assert served == ["a password reset", "resetting passwords"]


async def test_those_behind_a_refused_one_are_verified_together_and_the_nearest_is_served(
    judge, verifier
):
    stored = ["a password reset", "resetting passwords", "a reset of my password"]
    verifier.logit_of = {stored[0]: UNSURE, stored[1]: SURE, stored[2]: SURE}
    neighbours = [near(prompt, 0.95 - 0.01 * place) for place, prompt in enumerate(stored)]
    assert await outcome(judge, SPEC, question(), *neighbours) == (
        [stored[1]],
        RefusalReason.LOW_CONFIDENCE,
    )
    assert verifier.calls == [1, 2]


async def test_same_words_need_no_verifier(judge, verifier):
    served, _ = await outcome(judge, SPEC, question("how do I reset my password"), near(STORED, 1))
    assert served == [STORED]
    assert verifier.asked == []


async def test_entry_under_the_threshold_is_not_verified(judge, verifier):
    assert await outcome(judge, SPEC, question(), near(STORED, 0.79)) == (
        [],
        RefusalReason.BELOW_THRESHOLD,
    )
    assert verifier.asked == []


async def test_threshold_of_a_call_is_no_way_around_verification(judge, verifier):
    verifier.logit_of = {STORED: UNSURE}
    asked = question(threshold=0.5)
    assert await outcome(judge, SPEC, asked, near(STORED, 0.7)) == (
        [],
        RefusalReason.LOW_CONFIDENCE,
    )


async def test_threshold_of_a_call_is_a_floor_beside_a_rate(judge, verifier):
    verifier.logit_of = {STORED: SURE}
    served, _ = await outcome(judge, BY_RATE, question(), near(STORED, 0.85))
    assert served == [STORED]
    assert await outcome(judge, BY_RATE, question(threshold=0.9), near(STORED, 0.85)) == (
        [],
        RefusalReason.BELOW_THRESHOLD,
    )
    floor = replace(BY_RATE, similarity_threshold=0.9)
    assert await outcome(judge, floor, question(threshold=0.5), near(STORED, 0.85)) == (
        [],
        RefusalReason.BELOW_THRESHOLD,
    )


async def test_entry_under_the_operating_point_is_refused(judge, verifier):
    verifier.logit_of = {STORED: 0.5}
    served, _ = await outcome(judge, SPEC, question(), near(STORED, 0.9))
    assert served == [STORED]
    assert await outcome(judge, BY_RATE, question(), near(STORED, 0.9)) == (
        [],
        RefusalReason.LOW_CONFIDENCE,
    )


@pytest.mark.parametrize("spec", [SPEC, BY_RATE])
async def test_entry_that_cannot_be_verified_is_never_served(judge, verifier, spec):
    verifier.failure = "the deadline was too short to verify it"
    judged = await judge.judge(spec, question(), [near(STORED, 0.99)])
    assert judged.matches == ()
    assert judged.refused.reason is RefusalReason.NOT_VERIFIED
    assert judged.refused.detail == verifier.failure


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("Wie setze ich mein Passwort zurück?", "Wie kann ich das Passwort zurücksetzen?"),
        ("как сбросить пароль", "сбросить пароль"),
        (f"{ASKED} {'please ' * 200}", STORED),
    ],
)
async def test_prompts_that_the_verifier_cannot_read_have_to_be_nearer(
    judge, verifier, asked, stored
):
    verifier.tokens = len(asked) // 3 if len(asked) > 300 else 10
    judged = await judge.judge(SPEC, question(asked), [near(stored, 0.95)])
    assert judged.refused.reason is RefusalReason.NOT_VERIFIABLE
    assert "0.97" in judged.refused.detail
    served, _ = await outcome(judge, SPEC, question(asked), near(stored, 0.98))
    assert served == [stored]
    assert verifier.asked == []


async def test_prompts_that_cannot_be_read_are_not_served_where_a_rate_is_to_be_kept(judge):
    asked = question("Wie setze ich mein Passwort zurück?")
    stored = "Wie kann ich das Passwort zurücksetzen?"
    assert await outcome(judge, BY_RATE, asked, near(stored, 0.99)) == (
        [],
        RefusalReason.NOT_VERIFIABLE,
    )


async def test_cache_without_verification_goes_by_the_threshold_alone(judge, verifier):
    spec = replace(SPEC, verification=Verification.OFF)
    judged = await judge.judge(spec, question("How do I disable 2FA?"), [near(STORED, 0.8)])
    (match,) = judged.matches
    assert match.confidence is None
    assert judge.neighbours_wanted(spec, 1) == 1
    assert verifier.asked == []


@pytest.mark.parametrize(
    "spec",
    [
        replace(SPEC, verification=Verification.GUARD),
        replace(SPEC, model=ModelBinding("another", "f" * 64)),
        replace(SPEC, model=None),
    ],
)
async def test_cache_without_the_verifiers_encoder_has_the_guard(judge, verifier, spec):
    served, _ = await outcome(judge, spec, question(), near(STORED, 0.85))
    assert served == [STORED]
    asked = question("How do I disable 2FA?")
    assert await outcome(judge, spec, asked, near("How do I enable 2FA?", 0.96)) == (
        [],
        RefusalReason.GUARD,
    )
    assert verifier.asked == []


async def test_vector_without_a_prompt_goes_by_its_similarity(judge, verifier):
    judged = await judge.judge(SPEC, question(""), [near(STORED, 0.8)])
    (match,) = judged.matches
    assert match.confidence is None
    assert await outcome(judge, BY_RATE, question(""), near(STORED, 0.8)) == (
        [],
        RefusalReason.LOW_CONFIDENCE,
    )
    assert verifier.asked == []
