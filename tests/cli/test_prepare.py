"""`nearhit prepare`."""

import pytest
from typer.testing import CliRunner

from nearhit_server.cli import app


def prepare(*arguments):
    return CliRunner().invoke(app, ["prepare", *map(str, arguments)])


@pytest.mark.slow
def test_models_of_the_settings_are_converted(tiny_model, tmp_path, monkeypatch):
    monkeypatch.delenv("NEARHIT_MODEL_CACHE_DIR")
    config = tmp_path / "nearhit.toml"
    config.write_text(f'runtime = "auto"\nmodels = {{ tiny = "{tiny_model}" }}\n')
    done = prepare("--config", config, "--data-dir", tmp_path / "data", "--model", "tiny")
    assert done.exit_code == 0, done.stderr
    assert "tiny is ready\n" in done.stdout
    converted = list((tmp_path / "data" / "models").glob("*/model.xml"))
    assert len(converted) == 2


def test_model_that_is_not_there_is_said_in_one_sentence(tmp_path):
    failed = prepare("--data-dir", tmp_path, "--model", "./nowhere")
    assert failed.exit_code == 1
    assert failed.stderr == "nearhit: './nowhere' is no folder with a SentenceTransformer\n"
