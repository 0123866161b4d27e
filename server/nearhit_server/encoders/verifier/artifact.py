"""What `training/` made and the package ships."""

import hashlib
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from nearhit_server.core.verification.calibration import Calibration
from nearhit_server.encoders.model_files import digest

_FOLDER: Final = Path(__file__).parent / "trained"

ADAPTERS_FILE: Final = _FOLDER / "adapters.safetensors"
"""For each adapted matrix M two narrow ones, `M.down` and `M.up`, whose product is added to it;
and the head."""

CALIBRATION_FILE: Final = _FOLDER / "calibration.json"

WINDOW: Final = 160
"""Most tokens of a pair, special ones among them. Longer ones were not trained on."""

CALIBRATION_JSON: Final = TypeAdapter(Calibration)


def load_calibration() -> Calibration:
    """How the figures of a pair become a probability."""
    return CALIBRATION_JSON.validate_json(CALIBRATION_FILE.read_bytes())


def identity_of(base: Path) -> str:
    """SHA-256 over the encoder's files and the adapters, hexadecimal."""
    with ADAPTERS_FILE.open("rb") as file:
        adapters = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{digest(base)} {adapters}".encode()).hexdigest()
