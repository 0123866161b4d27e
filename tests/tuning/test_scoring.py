"""Scores of the real default model."""

from dataclasses import replace

import pytest

from nearhit_server.app import StartupError
from nearhit_server.app.pair_scoring import open_pair_scorer
from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.verification.guard import find_conflict
from nearhit_server.settings import Settings
from nearhit_server.tuning.cosine_scoring import CosineScorer
from nearhit_server.tuning.curves import UNSERVED
from nearhit_server.tuning.pairs import Pair
from nearhit_server.tuning.scoring import PairScore, ScoringError, scored
from nearhit_server.tuning.ways import ways_of

RESET = "how do i reset my password"


@pytest.fixture(scope="module")
async def scorer(tmp_path_factory):
    settings = Settings(data_dir=tmp_path_factory.mktemp("scoring"), device="cpu")
    async with open_pair_scorer(settings) as scorer:
        yield scorer


async def test_paraphrase_scores_higher_than_another_question(scorer):
    same, other, itself = await scorer.score(
        [
            (RESET, "how can i change a forgotten password"),
            (RESET, "what is the capital of france"),
            (RESET, f" {RESET}\n"),
        ]
    )
    assert itself.similarity == pytest.approx(1, abs=1e-5)
    assert 0.6 < same.similarity < 1
    assert other.similarity < 0.3


async def test_score_is_the_same_whatever_the_batch(scorer):
    texts = [f"what does item number {n} cost {'in all its parts ' * (n % 7)}" for n in range(60)]
    pairs = [(text, RESET) for text in texts]

    together = await scorer.score(pairs)

    alone = [(await scorer.score([pair]))[0] for pair in pairs[:5]]
    assert [s.similarity for s in together[:5]] == pytest.approx(
        [s.similarity for s in alone], abs=5e-3
    )


async def test_pair_has_no_similarity_when_the_model_does_not_read_all_of_it(scorer):
    long, emoji = "word " * 600, "🎉🎊"
    scores = await scorer.score([(RESET, long), (emoji, RESET), (RESET, RESET)])
    assert [score.similarity is None for score in scores] == [True, True, False]


async def test_progress_is_told_while_pairs_are_scored():
    class Counting:
        async def score(self, pairs):
            return [PairScore(float(first)) for first, _ in pairs]

    told = []
    pairs = [Pair(str(number), "b", True) for number in range(1_100)]

    scores = await scored(Counting(), pairs, progress=told.append)

    assert told == [512, 1_024, 1_100]
    assert [score.similarity for score in scores] == list(map(float, range(1_100)))


async def test_failure_of_the_model_is_one_sentence():
    class Failing:
        pads = False

        async def tokenize(self, texts):
            return [TokenizedText((1, 2), exceeds_window=False) for _ in texts]

        async def encode(self, batch):
            raise UnavailableError("the endpoint does not answer", reason=Reason.MODEL_UNAVAILABLE)

    with pytest.raises(ScoringError, match=r"^the endpoint does not answer$"):
        await CosineScorer(Failing(), batch_tokens=100).score([("a", "b")])


async def test_model_that_is_not_there_is_one_sentence(tmp_path):
    settings = Settings(data_dir=tmp_path, model="./nowhere")
    with pytest.raises(StartupError, match=r"'./nowhere' is no folder"):
        async with open_pair_scorer(settings):
            pass


async def test_guard_keeps_out_what_a_similarity_lets_through(scorer):
    class Guarded:
        async def score(self, pairs):
            return [
                replace(
                    score,
                    confidence=None,
                    refused_by="guard" if find_conflict(*pair) else None,
                )
                for pair, score in zip(pairs, await scorer.score(pairs), strict=True)
            ]

    trap = ("flights to tokyo in june", "flights to tokyo in december")
    paraphrase = ("flights to tokyo in june", "plane tickets to tokyo for june")

    alone, guarded = ways_of(await Guarded().score([trap, paraphrase]))

    assert min(alone.scores) > 0.7
    assert list(guarded.scores) == [UNSERVED, alone.scores[1]]
