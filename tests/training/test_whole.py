"""The whole training, on next to nothing."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from nearhit_server.encoders.verifier.artifact import ADAPTERS_FILE, CALIBRATION_JSON

ROOT = Path(__file__).parents[2]
SUBJECTS = ("apples", "bread", "cheese", "doors", "engines", "forks", "guitars", "hats", "lamps")
VERBS = ("buy", "sell", "wash", "paint", "carry", "store", "draw", "fix", "move", "keep")


@pytest.fixture
def pairs_file(tmp_path) -> Path:
    lines = []
    for verb in VERBS:
        for subject, other in pairwise(SUBJECTS):
            asked = f"Where can I {verb} {subject} today?"
            lines.append(f"1\tHow do I {verb} {subject}?\tWhat is the way to {verb} {subject}?")
            lines.append(f"0\t{asked}\t{asked.replace(subject, other)}")
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.slow
def test_training_writes_what_the_package_ships(tmp_path, pairs_file):
    wordnet = tmp_path / "wordnet"
    wordnet.mkdir()
    for part in ("noun", "verb", "adj"):
        (wordnet / f"data.{part}").touch()
        (wordnet / f"index.{part}").touch()
    out = tmp_path / "out"
    command = [sys.executable, "-m", "training", "--pairs", pairs_file, "--wordnet", wordnet]
    subprocess.run([*command, "--out", out], cwd=ROOT, check=True, timeout=300)
    made, shipped = load_file(out / ADAPTERS_FILE.name), load_file(ADAPTERS_FILE)
    assert {name: array.shape for name, array in made.items()} == {
        name: array.shape for name, array in shipped.items()
    }
    calibration = CALIBRATION_JSON.validate_json((out / "calibration.json").read_bytes())
    assert calibration.verified.logit > 0
