"""The model that reads two prompts at once: the default encoder's weights with adapters."""

from nearhit_server.encoders.verifier.artifact import load_calibration
from nearhit_server.encoders.verifier.opening import open_verifier

__all__ = ["load_calibration", "open_verifier"]
