"""Trains the verifier and writes what the package ships.

python -m training --pairs FILE --wordnet FOLDER --out FOLDER
"""

import argparse
import asyncio
import random
from pathlib import Path
from typing import Final

import numpy as np
import torch
from transformers import AutoTokenizer

from nearhit_server.encoders.model_files import DEFAULT_MODEL, digest, locate
from nearhit_server.encoders.verifier.artifact import CALIBRATION_JSON
from training.artifact import save_adapters
from training.calibrating import Figures, calibrate
from training.cross_encoder import CrossEncoder
from training.examples import made_from, of_people
from training.fitting import Measured, Trainer
from training.pairs import read_pairs
from training.similarities import similarities
from training.splitting import split

RANK: Final = 64
DROPOUT: Final = 0.1
PHASES: Final = (
    {"epochs": 1.0, "learning_rate": 8e-4, "beside_similarity": False},
    {"epochs": 1.0, "learning_rate": 6e-4, "beside_similarity": True},
)
"""First the labelled pairs alone, then also those that are made of them, with the similarity known:
what the encoder learned of a billion pairs is not to be learned again from these."""


def main() -> None:
    """Train, calibrate, write."""
    options = _options()
    random.seed(options.seed)
    np.random.seed(options.seed)
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    sides = split(read_pairs(options.pairs), seed=options.seed)
    people = of_people(sides["train"][: options.most])
    made = made_from(
        [example.pair for example in people],
        options.wordnet,
        most=int(options.made * len(people)),
        seed=options.seed,
    )
    held_out = of_people(sides["dev"][: options.most])
    cosines = asyncio.run(
        similarities(
            [example.pair for example in (*people, *made, *held_out)],
            cache_dir=options.out / "models",
        )
    )
    cut = len(people), len(people) + len(made)
    folder = locate(DEFAULT_MODEL)
    model = CrossEncoder(folder, rank=RANK, dropout=DROPOUT)
    trainer = Trainer(
        model, AutoTokenizer.from_pretrained(folder), device=device, seed=options.seed
    )
    measured = Measured.of(held_out, cosines[cut[1] :])
    for phase, examples in zip(
        PHASES,
        (
            Measured.of(people, cosines[: cut[0]]),
            Measured.of([*people, *made], cosines[: cut[1]]),
        ),
        strict=True,
    ):
        print(f"{len(examples.pairs)} pairs, {phase}")
        if phase["beside_similarity"]:
            model.forget_verdict()
        trainer.fit(examples, measured, **phase)
    options.out.mkdir(parents=True, exist_ok=True)
    save_adapters(model, options.out / "adapters.safetensors")
    calibration = calibrate(
        Figures(measured.pairs, measured.similarities, trainer.logits(measured.pairs)),
        encoder_identity=digest(folder),
    )
    (options.out / "calibration.json").write_bytes(
        CALIBRATION_JSON.dump_json(calibration, indent=2)
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="labelled pairs, as for tune")
    parser.add_argument("--wordnet", type=Path, required=True, help="folder of WordNet's files")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, help="use at most so many labelled pairs of each side")
    parser.add_argument(
        "--made", type=float, default=1.3, help="pairs to make for each labelled one"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
