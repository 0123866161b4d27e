"""Trains the verifier and writes what the package ships.

python -m training --pairs FILE --wordnet FOLDER --out FOLDER
"""

import argparse
import asyncio
import random
from collections.abc import Mapping
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
from training.examples import made_from, of_people
from training.fitting import Measured, Trainer
from training.inferring import inferred
from training.pairs import Pair, read_pairs
from training.similarities import similarities
from training.splitting import SPLIT_SEED, split

RANK: Final = 64
DROPOUT: Final = 0.1
MADE: Final = 78_000
"""Pairs made by a script, beside 59,000 of people's and 31,000 that follow from them."""


@dataclass(frozen=True)
class Material:
    """Examples to learn from, by where they come from, and those that decide when it is best."""

    examples: Measured
    kinds: Mapping[str, range]

    def of(self, *kinds: str) -> Measured:
        """The examples of these kinds."""
        return self.examples.part([index for kind in kinds for index in self.kinds[kind]])

    @property
    def held_out(self) -> Measured:
        """Those that nothing is learned from."""
        return self.of("held out")


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
    """Twice from the same start, each time from something else, and the mean of what was learned.

    Whoever sees an example twice learns it by heart: one long training is worse than short ones
    averaged.
    """
    fit = partial(trainer.fit, held_out=material.held_out)
    start = model.trainable_state()
    fit(material.of("people", "inferred"), learning_rate=8e-4, beside_similarity=False)
    of_what_was_said = model.trainable_state()
    model.load_state_dict(start, strict=False)
    fit(material.of("people"), learning_rate=8e-4, beside_similarity=False)
    # From here on with the similarity known: what the encoder learned of a billion pairs is not
    # to be learned again from these.
    model.forget_verdict()
    fit(material.of("people", "made"), learning_rate=6e-4, beside_similarity=True)
    model.load_state_dict(averaged([of_what_was_said, model.trainable_state()]), strict=False)


def _material(labelled: list[Pair], options: argparse.Namespace) -> Material:
    sides = split(labelled, seed=SPLIT_SEED)
    pairs = _some(sides["train"], options)
    kinds = {
        "people": of_people(pairs),
        "inferred": of_people(inferred(pairs, random.Random(options.seed))),
        "made": made_from(pairs, options.wordnet, most=MADE, seed=options.seed),
        "held out": of_people(_some(sides["dev"], options)),
    }
    examples = [example for kind in kinds.values() for example in kind]
    cosines = asyncio.run(
        similarities([example.pair for example in examples], cache_dir=options.out / "models")
    )
    ends = [0, *accumulate(map(len, kinds.values()))]
    ranges = [range(start, end) for start, end in pairwise(ends)]
    return Material(Measured.of(examples, cosines), dict(zip(kinds, ranges, strict=True)))


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
