"""Converts a SentenceTransformer for OpenVINO, in a process of its own.

    python -m nearhit_server.encoders.local.conversion MODEL_FOLDER TARGET_FOLDER

A server that converted its model itself would keep torch and all that comes with it in memory for
as long as it runs: some 300 MB. Says why it failed on the last line of its output.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import openvino
import torch
from sentence_transformers import SentenceTransformer

from nearhit_server.core.errors import ModelError
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.local.converted_model import FACTS_FILE, GRAPH_FILE
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.openvino_runtime import OpenVinoRuntime
from nearhit_server.encoders.local.text_tokenizer import TextTokenizer
from nearhit_server.encoders.local.torch_runtime import TorchRuntime, facts_of, load_model
from nearhit_server.encoders.local.traced_forms import PackedForm, PaddedForm, can_be_packed

Form = PaddedForm | PackedForm


class Traceable(Protocol):
    """A module with the inputs that it can be traced with."""

    example: dict[str, torch.Tensor]

    def __call__(self, **inputs: torch.Tensor) -> torch.Tensor:
        """What comes of them."""


_TRIAL_TEXTS: Final = (
    "How do I reset my password?",
    "What is the capital of France, and how many people live there?",
    "yes",
    "word " * 70,
)
_LEAST_COSINE: Final = 0.9999
"""Between a trial text's vectors before and after the conversion, both in 32-bit floats. Tracing
takes down one run of the code: a model whose code decides by its input comes out as another."""


def convert(folder: Path, target: Path) -> None:
    """Write the converted model of `folder` to the folder `target`.

    Raises ModelError if it cannot be loaded or converted, or gives other vectors then.
    """
    model = load_model(folder, device="cpu")
    facts = facts_of(model)
    facts.save(target / FACTS_FILE)
    graph = target / GRAPH_FILE
    if can_be_packed(model):
        try:
            _convert(model, PackedForm(model.get_submodule("0.auto_model")), graph, facts)
        except ModelError as error:
            print("packed, the model", error)
        else:
            return
    _convert(model, PaddedForm(model), graph, facts)


def save_traced(form: Traceable, graph: Path) -> None:
    """Write a form to a file for OpenVINO. Raises ModelError."""
    # Weights in 16 bits take half the memory, and are more exact than the bfloat16 of the CPU.
    openvino.save_model(_traced(form), graph, compress_to_fp16=True)


def _convert(model: SentenceTransformer, form: Form, graph: Path, facts: ModelFacts) -> None:
    save_traced(form, graph)
    before = TorchRuntime(model, facts)
    after = OpenVinoRuntime(graph, facts, precision="f32")
    texts = [text.token_ids for text in TextTokenizer(facts).tokenize(_TRIAL_TEXTS)]
    for batch in (texts, texts[:1], texts[2:]):
        if (worst := _least_cosine(before.run(batch), after.run(batch))) < _LEAST_COSINE:
            raise ModelError(f"gives other vectors when converted (cosine {worst:.5f})")


def _traced(form: Traceable) -> openvino.Model:
    example = form.example
    try:
        with torch.inference_mode():
            graph = openvino.convert_model(
                form,
                example_input=example,
                input=[
                    (name, openvino.PartialShape([-1] * tensor.dim()), openvino.Type.i64)
                    for name, tensor in example.items()
                ],
            )
    except Exception as error:
        raise ModelError(f"cannot be converted for OpenVINO: {error}") from error
    return graph


def _least_cosine(first: FloatMatrix, second: FloatMatrix) -> float:
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return float((np.einsum("ij,ij->i", first, second) / lengths).min())


def main(arguments: Sequence[str]) -> int:
    """Convert; 1 if that failed."""
    folder, target = map(Path, arguments)
    try:
        convert(folder, target)
    except ModelError as error:
        print(" ".join(str(error).split()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
