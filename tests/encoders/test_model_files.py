import shutil

from nearhit_server.encoders.model_files import digest
from tiny_model import save_tiny_model


def test_digest_is_the_same_for_a_copy(tiny_model, tmp_path):
    assert digest(shutil.copytree(tiny_model, tmp_path / "copy")) == digest(tiny_model)


def test_digest_differs_for_other_weights(tiny_model, tmp_path):
    assert digest(save_tiny_model(tmp_path, seed=2)) != digest(tiny_model)


def test_digest_differs_for_another_window(tiny_model, tmp_path):
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    assert digest(copy) != digest(tiny_model)
