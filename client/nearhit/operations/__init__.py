"""What a client can do, declared once for both clients.

Each method here is the declaration of the client method with the same name: its
arguments and docstring are what users see, and the result of its Call is what they get.
"""

from nearhit.operations.caches import CacheOperations
from nearhit.operations.embeddings import EmbeddingOperations
from nearhit.operations.entries import EntryOperations
from nearhit.operations.get_or_compute import GetOrComputeOperations
from nearhit.operations.keys import KeyOperations
from nearhit.operations.listing import ListingOperations
from nearhit.operations.quality import QualityOperations
from nearhit.operations.search import SearchOperations
from nearhit.operations.store import StoreOperations


class Operations(
    GetOrComputeOperations,
    SearchOperations,
    StoreOperations,
    EntryOperations,
    ListingOperations,
    EmbeddingOperations,
    CacheOperations,
    KeyOperations,
    QualityOperations,
):
    """All operations."""
