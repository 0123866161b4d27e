import shutil

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.model_files import DEFAULT_MODEL, digest, locate
from nearhit_server.encoders.sentence_transformer import open_sentence_transformer
from tiny_model import DIMENSION, WINDOW, save_tiny_model

TEXTS = ["how do i reset my password", "what is the capital of France?", "naïve 日本語 🎉"]


@pytest.fixture(scope="session")
async def default_encoder():
    async with open_sentence_transformer(DEFAULT_MODEL, device="cpu") as encoder:
        yield encoder


async def encode(encoder, texts):
    return await encoder.encode(await encoder.tokenize(texts))


async def test_default_model_gives_the_vectors_that_sentence_transformers_gives(default_encoder):
    reference = SentenceTransformer(str(locate(DEFAULT_MODEL)), device="cpu").encode(TEXTS)
    vectors = await encode(default_encoder, TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, default_encoder.dimension) == (3, 384)
    assert np.einsum("ij,ij->i", vectors, reference) == pytest.approx(1, abs=1e-5)


async def test_vectors_have_length_one_when_the_model_does_not_normalize(tiny_model):
    async with open_sentence_transformer(str(tiny_model), device="cpu") as encoder:
        vectors = await encode(encoder, TEXTS)
    assert vectors.shape == (3, DIMENSION)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


async def test_vector_does_not_depend_on_what_else_is_in_the_batch(default_encoder):
    alone = await encode(default_encoder, TEXTS[:1])
    together = await encode(default_encoder, [*TEXTS, "word " * 200])
    assert together[0] == pytest.approx(alone[0], abs=1e-5)


async def test_tokens_are_cut_when_the_text_exceeds_the_window(tiny_model):
    async with open_sentence_transformer(str(tiny_model), device="cpu") as encoder:
        fitting, cut = await encoder.tokenize(["a " * (WINDOW - 2), "a " * (WINDOW - 1)])
    assert (len(fitting.token_ids), fitting.exceeds_window) == (WINDOW, False)
    assert (len(cut.token_ids), cut.exceeds_window) == (WINDOW, True)


async def test_empty_batch_of_texts_has_no_tokens(default_encoder):
    assert await default_encoder.tokenize([]) == []


async def test_model_prefix_is_part_of_what_it_reads(tiny_model, tmp_path):
    prefixed = shutil.copytree(tiny_model, tmp_path / "prefixed")
    model = SentenceTransformer(str(prefixed), device="cpu")
    model.prompts["query"] = "the "
    model.default_prompt_name = "query"
    model.save(str(prefixed))
    async with open_sentence_transformer(str(prefixed), device="cpu") as encoder:
        (with_prefix,) = await encoder.tokenize(["password"])
    async with open_sentence_transformer(str(tiny_model), device="cpu") as encoder:
        (written_out,) = await encoder.tokenize(["the password"])
    assert with_prefix == written_out


def test_digest_is_the_same_for_a_copy(tiny_model, tmp_path):
    assert digest(shutil.copytree(tiny_model, tmp_path / "copy")) == digest(tiny_model)


def test_digest_differs_for_other_weights(tiny_model, tmp_path):
    assert digest(save_tiny_model(tmp_path, seed=2)) != digest(tiny_model)


def test_digest_differs_for_another_window(tiny_model, tmp_path):
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    assert digest(copy) != digest(tiny_model)


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "no/such-model", "no such name"])
async def test_missing_model_is_said_in_one_sentence(name):
    with pytest.raises(ModelError) as missing:
        async with open_sentence_transformer(name, device="cpu"):
            pass
    assert name in str(missing.value)
    assert "\n" not in str(missing.value)


async def test_folder_without_a_model_is_said_in_one_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"modules\.json"):
        async with open_sentence_transformer(str(tmp_path), device="cpu"):
            pass


async def test_broken_model_is_said_in_one_sentence(tiny_model, tmp_path):
    broken = shutil.copytree(tiny_model, tmp_path / "broken")
    next(broken.rglob("*.safetensors")).write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot be loaded") as failed:
        async with open_sentence_transformer(str(broken), device="cpu"):
            pass
    assert "\n" not in str(failed.value)
