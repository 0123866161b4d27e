"""`nearhit prepare`."""

import subprocess
import sys

import pytest


def prepare(*arguments):
    # In a process of its own, because it decides how all that runs there writes its log.
    command = [sys.executable, "-m", "nearhit_server", "prepare", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_models_of_the_settings_are_converted(tiny_model, tmp_path, monkeypatch):
    monkeypatch.delenv("NEARHIT_MODEL_CACHE_DIR")
    config = tmp_path / "nearhit.toml"
    config.write_text(f'runtime = "auto"\nmodels = {{ tiny = "{tiny_model}" }}\n')
    done = prepare("--config", config, "--data-dir", tmp_path / "data", "--model", "tiny")
    assert done.returncode == 0, done.stderr
    assert "tiny is ready\n" in done.stdout
    converted = list((tmp_path / "data" / "models").glob("*/model.xml"))
    assert len(converted) == 2


def test_model_that_is_not_there_is_said_in_one_sentence(tmp_path):
    failed = prepare("--data-dir", tmp_path, "--model", "./nowhere")
    assert failed.returncode == 1
    assert failed.stderr.endswith("nearhit: './nowhere' is no folder with a SentenceTransformer\n")
