"""SentenceTransformer models on torch."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers.utils import logging as transformers_logging

from nearhit_server.core.errors import ModelError
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.model_files import digest, locate

_UNBOUNDED_WINDOW: Final = 1 << 20
"""Tokenizers say "no limit" with a number like 1e30, which does not fit their own setting."""


@asynccontextmanager
async def open_sentence_transformer(
    name_or_path: str, *, device: str | None
) -> AsyncIterator["SentenceTransformerEncoder"]:
    """Load a model from a folder, the model hub or the packaged default.

    `device` is torch's name for it, None for the best there is. Raises ModelError.
    """
    async with AsyncExitStack() as stack:
        # One thread each: the model is busy with one batch at a time, and a tokenizer must
        # not change its settings in one thread while another uses it.
        model_thread, tokenizer_thread = (
            stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix=name))
            for name in ("encoder", "tokenizer")
        )
        loop = asyncio.get_running_loop()
        yield await loop.run_in_executor(
            model_thread,
            lambda: _load(name_or_path, device, model_thread, tokenizer_thread),
        )


def _load(
    name_or_path: str,
    device: str | None,
    model_thread: ThreadPoolExecutor,
    tokenizer_thread: ThreadPoolExecutor,
) -> "SentenceTransformerEncoder":
    # What it has to say goes the way of all log lines.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.disable_default_handler()
    transformers_logging.enable_propagation()
    folder = locate(name_or_path)
    try:
        model = SentenceTransformer(str(folder), device=device, local_files_only=True)
    except Exception as error:
        raise ModelError(f"model {name_or_path!r} cannot be loaded: {error}") from error
    return SentenceTransformerEncoder(
        model,
        identity=digest(folder),
        model_thread=model_thread,
        tokenizer_thread=tokenizer_thread,
    )


class SentenceTransformerEncoder:
    """An Encoder over a loaded SentenceTransformer with a Rust tokenizer.

    The model runs in one thread, the tokenizer in another; both let go of the interpreter
    while they work, so the event loop is never blocked.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        *,
        identity: str,
        model_thread: ThreadPoolExecutor,
        tokenizer_thread: ThreadPoolExecutor,
    ) -> None:
        self._model = model.eval()
        self._tokenizer = _rust_tokenizer(model)
        self._window = min(model.max_seq_length or _UNBOUNDED_WINDOW, _UNBOUNDED_WINDOW)
        self._tokenizer.enable_truncation(max_length=self._window)
        self._tokenizer.no_padding()
        # None for tokenizers that spell out what they do not know, byte by byte.
        self._unknown: int | None = model.tokenizer.unk_token_id
        self._prefix = model.prompts.get(model.default_prompt_name or "") or ""
        self._model_thread = model_thread
        self._tokenizer_thread = tokenizer_thread
        self.identity = identity
        self.on_cpu = model.device.type == "cpu"
        self.dimension = _dimension(model)

    async def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The texts as token ids, in order, each with the model's own prefix if it has one."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._tokenizer_thread, self._tokenize, texts)

    async def encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        """The vectors of the texts, of length 1, shape (len(batch), dimension)."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._model_thread, self._encode, batch)

    def _tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        encodings = self._tokenizer.encode_batch([self._prefix + text for text in texts])
        return [
            TokenizedText(
                tuple(encoding.ids),
                exceeds_window=bool(encoding.overflowing),
                has_unknown=self._unknown in encoding.ids,
            )
            for encoding in encodings
        ]

    def _encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        features = self._model.tokenizer.pad(
            {"input_ids": [list(text.token_ids) for text in batch]}, return_tensors="pt"
        ).to(self._model.device)
        with torch.inference_mode():
            output = self._model(dict(features))["sentence_embedding"]
        matrix = output.float().cpu().numpy()
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise ArithmeticError("the model gave a vector that has no direction")
        normalized: FloatMatrix = matrix / lengths
        return normalized


def _rust_tokenizer(model: SentenceTransformer) -> Tokenizer:
    tokenizer = getattr(model.tokenizer, "backend_tokenizer", None)
    if not isinstance(tokenizer, Tokenizer):
        raise ModelError("the model has no fast tokenizer, and nearhit needs one")
    return tokenizer


def _dimension(model: SentenceTransformer) -> int:
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelError("the model does not say how many components its vectors have")
    return int(dimension)
