"""Reads what an embeddings endpoint answers, and believes none of it unseen."""

import base64
import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.openai_failures import EndpointError

_FLOAT32_LE: Final = np.dtype("<f4")


def read_embeddings(content: bytes, *, count: int, dimension: int | None) -> FloatMatrix:
    """The vectors, of length 1, in the order of the request, shape (count, dimension).

    `dimension` None: any, the same for all. Raises EndpointError.
    """
    try:
        data = json.loads(content)["data"]
        # Not in the order of the request everywhere; a vector for another text is a wrong hit.
        by_index = {item["index"]: item["embedding"] for item in data}
        if len(data) != count or not all(
            type(index) is int and 0 <= index < count for index in by_index
        ):
            raise ValueError(f"{len(data)} items with indexes {sorted(by_index)}")
        rows = np.stack([_components(by_index[index]) for index in range(count)])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise EndpointError(
            f"the embeddings endpoint's response does not hold {count} vectors in order"
        ) from error
    if rows.shape[1] != dimension and dimension is not None:
        raise EndpointError(
            f"the embeddings endpoint gives {rows.shape[1]} components, not {dimension}"
        )
    return _normalized(rows)


def _components(embedding: Any) -> NDArray[np.float64]:
    """The components of one vector, base64 of float32 or a list: some endpoints send lists
    whatever they are asked for."""
    if isinstance(embedding, str):
        narrow = np.frombuffer(base64.b64decode(embedding, validate=True), dtype=_FLOAT32_LE)
        return narrow.astype(np.float64)
    components = np.asarray(embedding)
    if components.ndim != 1 or components.dtype.kind not in "fi":
        raise ValueError("an embedding is no list of numbers")
    return components.astype(np.float64)


def _normalized(rows: NDArray[np.float64]) -> FloatMatrix:
    # In double precision: squares of float32 overflow at 1.8e19. What overflows all the same
    # has an infinite length.
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and lengths.all()):
        raise EndpointError("the embeddings endpoint gave a vector that has no direction")
    vectors: FloatMatrix = (rows / lengths).astype(np.float32)
    return vectors
