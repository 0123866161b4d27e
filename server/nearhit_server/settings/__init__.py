"""The settings, validated when they are built. Nothing else reads the environment."""

from nearhit_server.settings.choices import (
    Durability,
    EmbeddingCacheMode,
    LogFormat,
    Runtime,
    VectorAlgorithm,
    VerificationMode,
)
from nearhit_server.settings.server import Settings

__all__ = [
    "Durability",
    "EmbeddingCacheMode",
    "LogFormat",
    "Runtime",
    "Settings",
    "VectorAlgorithm",
    "VerificationMode",
]
