"""SentenceTransformer models that run in this process."""

from nearhit_server.encoders.local.opening import LocalOptions, open_local_model

__all__ = ["LocalOptions", "open_local_model"]
