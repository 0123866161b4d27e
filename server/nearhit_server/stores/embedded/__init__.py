"""The store that needs no server: SQLite is the truth, NumPy searches beside it."""

from nearhit_server.stores.embedded.connection import Durability
from nearhit_server.stores.embedded.store import EmbeddedStore, open_embedded_store

__all__ = ["Durability", "EmbeddedStore", "open_embedded_store"]
