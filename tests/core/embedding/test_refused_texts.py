"""A text that the model refuses fails alone."""

import asyncio

import pytest

from core.embedding.stages import batching_stage, occupied, settled
from gated_encoder import GatedEncoder, tokens
from nearhit_server.core.embedding.refused_text import RefusedTextError
from nearhit_server.core.errors import Reason, UnavailableError

REFUSED = tokens(13)
TRIAL = tokens(2, 7, 5)
"""The text that shows whether the model works, as the gated encoder reads it."""


class ParticularEncoder(GatedEncoder):
    """Refuses every batch that holds a certain text, or all of them."""

    def __init__(self):
        super().__init__()
        self.refuses_all = False

    async def encode(self, batch):
        vectors = await super().encode(batch)
        if REFUSED in batch or self.refuses_all:
            raise RefusedTextError("refused")
        return vectors

    async def let_one_go(self):
        """Lets the batch that is held go, and waits until the next one is held."""
        self.gate.set()
        self.gate.clear()
        async with asyncio.timeout(10):
            await self.started.acquire()


@pytest.fixture
def encoder():
    return ParticularEncoder()


def assert_refused(outcome):
    assert isinstance(outcome, UnavailableError)
    assert outcome.reason is Reason.EMBEDDING_FAILED
    assert outcome.message == "the model refuses this text"
    assert isinstance(outcome.__cause__, RefusedTextError)


async def test_refused_text_fails_only_its_caller(stage, encoder, notes):
    busy = await occupied(stage, encoder)
    texts = [tokens(1), tokens(2), REFUSED, tokens(3)]
    calls = [asyncio.create_task(stage.encode([text])) for text in texts]
    await settled()
    encoder.gate.set()
    (first,), (second,), (refused,), (third,) = await asyncio.gather(*calls)
    await busy

    assert [vector[0] for vector in (first, second, third)] == [1, 2, 3]
    assert_refused(refused)
    assert notes.failures == ["gated"]


async def test_refused_text_leaves_the_others_of_its_call_their_vectors(stage):
    first, refused, second = await stage.encode([tokens(1), REFUSED, tokens(2)])

    assert (first[0], second[0]) == (1, 2)
    assert_refused(refused)


async def test_each_who_waits_for_a_refused_text_has_an_error_of_its_own(stage):
    (one, other), (another,) = await asyncio.gather(
        stage.encode([REFUSED, REFUSED]), stage.encode([REFUSED])
    )

    for outcome in (one, other, another):
        assert_refused(outcome)
    assert len({id(outcome) for outcome in (one, other, another)}) == 3


async def test_refused_batch_is_not_asked_again_for_those_who_have_gone(stage, encoder):
    calls = [asyncio.create_task(stage.encode([text])) for text in (REFUSED, tokens(1))]
    encoder.gate.clear()
    await encoder.started.acquire()
    calls[0].cancel()
    await settled()
    encoder.gate.set()
    (vector,) = await calls[1]

    assert vector[0] == 1
    assert encoder.batches == [[REFUSED, tokens(1)], [TRIAL], [tokens(1)]]


async def test_model_that_refuses_everything_is_not_asked_for_each_text(stage, encoder):
    encoder.refuses_all = True

    # It is no text's fault, so that all of the call fails.
    with pytest.raises(UnavailableError, match="the model gave no vectors"):
        await stage.encode([tokens(n) for n in (1, 2, 3, 4)])

    assert encoder.batches == [[tokens(n) for n in (1, 2, 3, 4)], [TRIAL]]
    assert not stage.healthy


async def test_model_that_fails_while_a_batch_is_divided_fails_those_who_still_wait(stage, encoder):
    encoder.gate.clear()
    calls = [asyncio.create_task(stage.encode([text])) for text in (tokens(1), REFUSED, tokens(3))]
    await encoder.started.acquire()
    await encoder.let_one_go()
    await encoder.let_one_go()
    # The text of the first call is encoded, the rest is held.
    await encoder.let_one_go()
    encoder.failure = RuntimeError("out of memory")
    encoder.gate.set()
    (vector,), *failures = await asyncio.gather(*calls, return_exceptions=True)

    assert vector[0] == 1
    assert [failure.message for failure in failures] == ["the model gave no vectors"] * 2
    assert encoder.batches[1:] == [[TRIAL], [tokens(1)], [REFUSED, tokens(3)]]


async def test_closing_fails_those_whose_batch_is_being_divided(encoder, notes):
    encoder.gate.clear()
    async with batching_stage(encoder, notes) as stage:
        calls = [asyncio.create_task(stage.encode([text])) for text in (tokens(1), REFUSED)]
        await encoder.started.acquire()
        await encoder.let_one_go()
        await encoder.let_one_go()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert encoder.batches == [[tokens(1), REFUSED], [TRIAL], [tokens(1)]]
    assert [outcome.reason for outcome in outcomes] == [Reason.SHUTTING_DOWN] * 2
