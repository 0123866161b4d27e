"""Trains the verifier and writes what the package ships.

python -m training --pairs FILE --wordnet FOLDER --out FOLDER
"""

import argparse
import asyncio
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from transformers import AutoTokenizer

from nearhit_server.encoders.model_files import DEFAULT_MODEL, digest, locate
from nearhit_server.encoders.verifier.artifact import (
    ADAPTERS_FILE,
    CALIBRATION_FILE,
    CALIBRATION_JSON,
)
from training.artifact import save_adapters
from training.calibrating import Figures, calibrate
from training.cross_encoder import CrossEncoder
from training.examples import made_from, of_people
from training.fitting import Measured, Trainer
from training.pairs import Pair, read_pairs
from training.similarities import similarities
from training.splitting import SPLIT_SEED, split

RANK: Final = 64
DROPOUT: Final = 0.1
MADE: Final = 78_000
"""Pairs made by a script, beside 59,000 of people's."""


@dataclass(frozen=True)
class Material:
    """Examples for each phase of the training, and those that decide when it is best."""

    first: Measured
    second: Measured
    held_out: Measured


def main() -> None:
    """Train, calibrate, write."""
    options = _options()
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    labelled = read_pairs(options.pairs)
    material = _material(labelled, options)
    folder = locate(DEFAULT_MODEL)
    model = CrossEncoder(folder, rank=RANK, dropout=DROPOUT)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    trainer = Trainer(model, tokenizer, device=device, seed=options.seed)
    # The labelled pairs alone; then all, with the similarity known: what the encoder learned of a
    # billion pairs is not to be learned again from these.
    trainer.fit(material.first, material.held_out, learning_rate=8e-4, beside_similarity=False)
    model.forget_verdict()
    trainer.fit(material.second, material.held_out, learning_rate=6e-4, beside_similarity=True)
    save_adapters(model, options.out / ADAPTERS_FILE.name)
    figures = Figures(
        material.held_out.pairs,
        material.held_out.similarities,
        trainer.logits(material.held_out.pairs),
    )
    calibration = calibrate(figures, labelled=labelled, encoder_identity=digest(folder))
    (options.out / CALIBRATION_FILE.name).write_bytes(
        CALIBRATION_JSON.dump_json(calibration, indent=2)
    )


def _material(labelled: list[Pair], options: argparse.Namespace) -> Material:
    sides = split(labelled, seed=SPLIT_SEED)
    pairs = _some(sides["train"], options)
    people = of_people(pairs)
    made = made_from(pairs, options.wordnet, most=MADE, seed=options.seed)
    held_out = of_people(_some(sides["dev"], options))
    examples = [*people, *made, *held_out]
    cosines = asyncio.run(
        similarities([example.pair for example in examples], cache_dir=options.out / "models")
    )
    all_of_it = Measured.of(examples, cosines)
    training = len(examples) - len(held_out)
    return Material(
        first=all_of_it.part(range(len(people))),
        second=all_of_it.part(range(training)),
        held_out=all_of_it.part(range(training, len(examples))),
    )


def _some(pairs: list[Pair], options: argparse.Namespace) -> list[Pair]:
    if options.most is None or options.most >= len(pairs):
        return pairs
    return random.Random(options.seed).sample(pairs, options.most)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="labelled pairs, as for tune")
    parser.add_argument("--wordnet", type=Path, required=True, help="folder of WordNet's files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, help="use at most so many labelled pairs of each side")
    return parser.parse_args()


if __name__ == "__main__":
    main()
