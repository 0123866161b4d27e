"""SentenceTransformer models on torch, on any device that it knows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from transformers.utils import logging as transformers_logging

from nearhit_server.core.errors import ModelError
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.padding import pad

_UNBOUNDED_WINDOW: Final = 1 << 20
"""Tokenizers say "no limit" with a number like 1e30, which does not fit their own setting."""


def load_model(folder: Path, *, device: str | None) -> SentenceTransformer:
    """The model in a folder. `device` is torch's name for it, None for the best there is.

    Raises ModelError, whose message wants the model's name before it.
    """
    # What it has to say goes the way of all log lines.
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers_logging.disable_default_handler()
    transformers_logging.enable_propagation()
    try:
        model = SentenceTransformer(str(folder), device=device, local_files_only=True)
    except Exception as error:
        raise ModelError(f"cannot be loaded: {error}") from error
    return model.eval()


def facts_of(model: SentenceTransformer) -> ModelFacts:
    """How texts become the model's input. Raises ModelError if it is no model for us."""
    tokenizer = model.tokenizer
    rust = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(rust, Tokenizer):
        raise ModelError("has no fast tokenizer, and nearhit needs one")
    dimension = model.get_embedding_dimension()
    if dimension is None:
        raise ModelError("does not say how many components its vectors have")
    return ModelFacts(
        dimension=int(dimension),
        window=min(model.max_seq_length or _UNBOUNDED_WINDOW, _UNBOUNDED_WINDOW),
        prefix=model.prompts.get(model.default_prompt_name or "") or "",
        tokenizer_json=rust.to_str(),
        unknown_id=tokenizer.unk_token_id,
        padding_id=tokenizer.pad_token_id or 0,
        pads_left=tokenizer.padding_side == "left",
    )


class TorchRuntime:
    """Runs a loaded model; on CUDA in half precision, which is what such devices are fast at."""

    pads = True

    def __init__(
        self, model: SentenceTransformer, facts: ModelFacts, *, threads: int | None = None
    ) -> None:
        """`threads` is how many of the CPU's cores it may use, None for all."""
        if threads is not None:
            torch.set_num_threads(threads)
        self._model = model.half() if model.device.type == "cuda" else model
        self._facts = facts
        self.on_cpu = model.device.type == "cpu"

    def run(self, texts: Sequence[Sequence[int]]) -> FloatMatrix:
        """The model's vectors of texts, given as token ids: shape (len(texts), dimension)."""
        batch = pad(texts, self._facts)
        device = self._model.device
        with torch.inference_mode():
            output = self._model(
                {
                    "input_ids": torch.from_numpy(batch.input_ids).to(device),
                    "attention_mask": torch.from_numpy(batch.attention_mask).to(device),
                }
            )
        matrix: FloatMatrix = output["sentence_embedding"].float().cpu().numpy()
        return matrix
