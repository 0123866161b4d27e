import shutil

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from encoders.real_prompts import REAL_PROMPTS
from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.local import open_local_model
from nearhit_server.encoders.model_files import DEFAULT_MODEL, locate
from tiny_model import DIMENSION, WINDOW

TEXTS = ["how do i reset my password", "what is the capital of France?", "naïve 日本語 🎉"]


@pytest.fixture
async def default_encoder(local_options):
    async with open_local_model(DEFAULT_MODEL, local_options) as encoder:
        yield encoder


async def encode(encoder, texts):
    return await encoder.encode(await encoder.tokenize(texts))


def cosines(first, second):
    return np.einsum("ij,ij->i", first, second)


async def test_vectors_are_those_of_sentence_transformers_in_32_bits(default_encoder):
    reference = SentenceTransformer(str(locate(DEFAULT_MODEL)), device="cpu").encode(REAL_PROMPTS)
    vectors = await encode(default_encoder, REAL_PROMPTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(REAL_PROMPTS), default_encoder.dimension)
    assert cosines(vectors, reference).min() >= 0.9999


async def test_vectors_have_length_one_when_the_model_does_not_normalize(tiny_model, local_options):
    async with open_local_model(str(tiny_model), local_options) as encoder:
        vectors = await encode(encoder, TEXTS)
    assert vectors.shape == (3, DIMENSION)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


async def test_vector_does_not_depend_on_what_else_is_in_the_batch(default_encoder):
    alone = await encode(default_encoder, TEXTS[:1])
    together = await encode(default_encoder, [*TEXTS, "word " * 200])
    assert cosines(together[:1], alone).min() >= 0.9999


async def test_tokens_are_cut_when_the_text_exceeds_the_window(tiny_model, local_options):
    async with open_local_model(str(tiny_model), local_options) as encoder:
        fitting, cut = await encoder.tokenize(["a " * (WINDOW - 2), "a " * (WINDOW - 1)])
    assert (len(fitting.token_ids), fitting.exceeds_window) == (WINDOW, False)
    assert (len(cut.token_ids), cut.exceeds_window) == (WINDOW, True)


async def test_empty_batch_of_texts_has_no_tokens(default_encoder):
    assert await default_encoder.tokenize([]) == []


async def test_model_prefix_is_part_of_what_it_reads(tiny_model, tmp_path, on_torch):
    prefixed = shutil.copytree(tiny_model, tmp_path / "prefixed")
    model = SentenceTransformer(str(prefixed), device="cpu")
    model.prompts["query"] = "the "
    model.default_prompt_name = "query"
    model.save(str(prefixed))
    async with open_local_model(str(prefixed), on_torch) as encoder:
        (with_prefix,) = await encoder.tokenize(["password"])
    async with open_local_model(str(tiny_model), on_torch) as encoder:
        (written_out,) = await encoder.tokenize(["the password"])
    assert with_prefix == written_out


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "no/such-model", "no such name"])
async def test_missing_model_is_said_in_one_sentence(name, local_options):
    with pytest.raises(ModelError) as missing:
        async with open_local_model(name, local_options):
            pass
    assert name in str(missing.value)
    assert "\n" not in str(missing.value)


async def test_folder_without_a_model_is_said_in_one_sentence(tmp_path, local_options):
    with pytest.raises(ModelError, match=r"modules\.json"):
        async with open_local_model(str(tmp_path), local_options):
            pass


@pytest.mark.slow
async def test_broken_model_is_said_in_one_sentence(tiny_model, tmp_path, local_options):
    broken = shutil.copytree(tiny_model, tmp_path / "broken")
    next(broken.rglob("*.safetensors")).write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot be loaded") as failed:
        async with open_local_model(str(broken), local_options):
            pass
    assert str(broken) in str(failed.value)
    assert "\n" not in str(failed.value)
