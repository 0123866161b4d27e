"""Trains the verifier and writes what the package ships.

python -m training --pairs FILE --wordnet FOLDER --out FOLDER
"""

import argparse
import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
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
from training.averaging import averaged
from training.calibrating import Figures, calibrate
from training.cross_encoder import CrossEncoder
from training.examples import changed_from, of_people, shortened_from
from training.fitting import Measured, Trainer
from training.inferring import inferred
from training.pairs import Pair, read_pairs
from training.similarities import similarities
from training.splitting import SPLIT_SEED, split

RANK: Final = 64
DROPOUT: Final = 0.1
SHORTENED: Final = 20_000
CHANGED: Final = 40_000
FEW_CHANGED: Final = 10_000
"""Pairs made by a script, beside 59,000 of people's and 31,000 that follow from them."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Examples to learn from, by where they come from, and those that decide when it is best."""

    examples: Measured
    people: Sequence[int]
    inferred: Sequence[int]
    shortened: Sequence[int]
    changed: Sequence[int]
    held_out: Measured

    def of(self, *kinds: Sequence[int]) -> Measured:
        """The examples of these kinds."""
        return self.examples.part([index for kind in kinds for index in kind])


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
    trainer = Trainer(
        model, tokenizer, device=device, seed=options.seed, compiled=not options.eager
    )
    _train(trainer, model, material)
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


def _train(trainer: Trainer, model: CrossEncoder, material: Material) -> None:
    """Three times, each time from something else, and the mean of what was learned.

    Whoever sees an example twice learns it by heart: one long training is worse than several
    short ones averaged.
    """
    fit = partial(trainer.fit, held_out=material.held_out)
    people, shortened = material.people, material.shortened
    start = model.trainable_state()
    fit(material.of(people, material.inferred), learning_rate=8e-4, beside_similarity=False)
    states = [model.trainable_state()]
    # From here on with the similarity known: what the encoder learned of a billion pairs is not
    # to be learned again from these.
    model.forget_verdict()
    model.drop_hidden(DROPOUT)
    few = material.changed[:FEW_CHANGED]
    some = material.of(people, material.inferred, shortened, few)
    fit(some, learning_rate=6e-4, beside_similarity=True)
    states.append(model.trainable_state())
    model.load_state_dict(start, strict=False)
    model.forget_verdict()
    model.drop_hidden(0.0)
    made = material.of(people, shortened, material.changed)
    fit(made, learning_rate=8e-4, beside_similarity=True)
    states.append(model.trainable_state())
    model.load_state_dict(averaged(states), strict=False)


def _material(labelled: list[Pair], options: argparse.Namespace) -> Material:
    sides = split(labelled, seed=SPLIT_SEED)
    pairs = _some(sides["train"], options)
    kinds = [
        of_people(pairs),
        of_people(inferred(pairs, random.Random(options.seed))),
        shortened_from(pairs, most=SHORTENED, seed=options.seed),
        changed_from(pairs, options.wordnet, most=CHANGED, seed=options.seed),
        of_people(_some(sides["dev"], options)),
    ]
    examples = [example for kind in kinds for example in kind]
    cosines = asyncio.run(
        similarities([example.pair for example in examples], cache_dir=options.out / "models")
    )
    measured = Measured.of(examples, cosines)
    ends = [0, *accumulate(map(len, kinds))]
    people, following, shortened, changed, held_out = (
        range(start, end) for start, end in pairwise(ends)
    )
    return Material(
        examples=measured,
        people=people,
        inferred=following,
        shortened=shortened,
        changed=changed,
        held_out=measured.part(held_out),
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
    parser.add_argument(
        "--eager", action="store_true", help="compile nothing: begins sooner, takes longer"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
