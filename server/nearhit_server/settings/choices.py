"""What some settings choose from."""

from enum import StrEnum


class Durability(StrEnum):
    """What an acknowledged Store survives."""

    NORMAL = "normal"
    """A crash or kill of the server."""

    FULL = "full"
    """A power failure too; every commit waits for the disk."""


class VectorAlgorithm(StrEnum):
    """How Redis looks for the nearest vectors."""

    HNSW = "HNSW"
    FLAT = "FLAT"


class EmbeddingCacheMode(StrEnum):
    """Where the server keeps the vectors of texts it has embedded."""

    MEMORY = "memory"
    STORE = "store"


class Runtime(StrEnum):
    """What runs SentenceTransformer models."""

    AUTO = "auto"
    """OpenVINO on a CPU, torch elsewhere."""

    OPENVINO = "openvino"
    TORCH = "torch"


class VerificationMode(StrEnum):
    """What new caches do, beside their threshold, to keep wrong hits out."""

    OFF = "off"
    GUARD = "guard"
    """Rules only."""

    FULL = "full"
    """Also the verifier, where the default model is the packaged one."""


class LogFormat(StrEnum):
    """How log lines look."""

    CONSOLE = "console"
    JSON = "json"
