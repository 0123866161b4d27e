"""What things are called in Redis. Everything of a cache shares a hash tag, so one slot."""

from dataclasses import dataclass
from typing import Final

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.ports import EmbeddingKey

CACHES: Final = "nearhit:caches"
"""Sorted set of the ids of all caches, in alphabetical order."""

NO_CACHE: Final = ""
"""A member of CACHES that names no cache: while Redis has its data, the list is never empty."""

GARBAGE: Final = "nearhit:garbage"
"""Set of the ids of caches, living or not, that have dead epochs to remove."""


API_KEYS: Final = "nearhit:{.keys}:all"
"""Hash of the API keys, as JSON, by id. No cache's name begins with a dot, so none shares it."""

API_KEY_IDS: Final = "nearhit:{.keys}:ids"
"""Sorted set of the ids of all API keys, in alphabetical order."""


@dataclass(frozen=True)
class CacheKeys:
    """The keys of a cache that stay the same through its epochs."""

    cache_id: str

    @property
    def version(self) -> str:
        """The version of the settings; absent if there is no such cache."""
        return f"nearhit:{{{self.cache_id}}}:version"

    @property
    def spec(self) -> str:
        """The settings as JSON, with the epoch."""
        return f"nearhit:{{{self.cache_id}}}:spec"

    @property
    def dead_epochs(self) -> str:
        """Sorted set of the epochs to remove, by when they were made or left."""
        return f"nearhit:{{{self.cache_id}}}:dead"

    @property
    def lease(self) -> str:
        """Held by the replica that removes dead epochs."""
        return f"nearhit:{{{self.cache_id}}}:lease"

    def epoch(self, epoch: int) -> "EpochKeys":
        """The keys of one epoch."""
        return EpochKeys(f"nearhit:{{{self.cache_id}}}:{epoch}")


@dataclass(frozen=True)
class EpochKeys:
    """The keys of one epoch of a cache."""

    prefix: str

    @classmethod
    def of(cls, spec: CacheSpec) -> "EpochKeys":
        """The keys of a cache's present epoch."""
        return CacheKeys(spec.cache_id).epoch(spec.epoch)

    @property
    def index(self) -> str:
        """The search index."""
        return f"{self.prefix}:idx"

    @property
    def entries(self) -> str:
        """What the keys of all entries begin with."""
        return f"{self.prefix}:e:"

    def entry(self, entry_id: str) -> str:
        """The hash of one entry."""
        return f"{self.prefix}:e:{entry_id}"

    @property
    def uses(self) -> str:
        """Sorted set of entry ids by their last use; kept if the cache has `max_entries`."""
        return f"{self.prefix}:uses"

    @property
    def expiries(self) -> str:
        """Sorted set of entry ids by their expiry, beside `uses`."""
        return f"{self.prefix}:expiries"

    @property
    def reports(self) -> str:
        """Hash of the reports by their key: words that scripts read, then JSON."""
        return f"{self.prefix}:reports"

    @property
    def report_positions(self) -> str:
        """Sorted set of the reports' keys in the order in which they came."""
        return f"{self.prefix}:report_positions"

    @property
    def tallies(self) -> str:
        """Hash of counts by name."""
        return f"{self.prefix}:tallies"

    @property
    def quarantined(self) -> str:
        """Set of the ids of entries that were quarantined; whether one still is, it says itself."""
        return f"{self.prefix}:quarantined"

    @property
    def shadow_searches(self) -> str:
        """Stream of what searches in shadow mode came to."""
        return f"{self.prefix}:shadow"

    @property
    def quality(self) -> tuple[str, ...]:
        """All that is kept beside the entries about how far they can be trusted."""
        reports = (self.reports, self.report_positions)
        return *reports, self.tallies, self.quarantined, self.shadow_searches

    def done(self, call_id: str) -> str:
        """Says for a minute that a call, which must not be done twice, was done."""
        return f"{self.prefix}:done:{call_id}"

    @property
    def doomed(self) -> str:
        """Set of the keys of a dead epoch's entries that are still to be removed."""
        return f"{self.prefix}:doomed"


def embedding(name: EmbeddingKey) -> str:
    """One row of the embedding table, a string; without a hash tag, so that they spread."""
    return f"nearhit:emb::0:{name.owner}:{name.key}"


NAMESPACE_EPOCHS: Final = "nearhit:{.namespaces}:epochs"
"""Hash of the epochs of namespaces, by name; one that was never flushed is in epoch 0."""

DEAD_NAMESPACE_EPOCHS: Final = "nearhit:{.namespaces}:dead"
"""Sorted set of the epochs that namespaces have left, by when to remove them."""

_GROUP_DIGITS: Final = 2


@dataclass(frozen=True)
class RowGroup:
    """The keys of those rows of a namespace whose own keys begin with the same digits.

    They share a hash tag, so that a row and its place on the list of rows change at once; the
    256 groups of a namespace spread over a Cluster.
    """

    namespace: str
    epoch: int
    digits: str

    @classmethod
    def of(cls, namespace: str, epoch: int, key: str) -> "RowGroup":
        """The group of a row."""
        return cls(namespace, epoch, key[:_GROUP_DIGITS])

    @classmethod
    def all(cls, namespace: str, epoch: int) -> "list[RowGroup]":
        """Every group of a namespace's epoch."""
        count = 16**_GROUP_DIGITS
        return [cls(namespace, epoch, f"{n:0{_GROUP_DIGITS}x}") for n in range(count)]

    @property
    def rows(self) -> str:
        """What the keys of the rows begin with."""
        return f"nearhit:emb:{{{self.namespace}:{self.epoch}:{self.digits}}}:"

    def row(self, key: str) -> str:
        """The hash of one row."""
        return self.rows + key

    @property
    def expiries(self) -> str:
        """Sorted set of the rows' own keys by their expiry."""
        return f"{self.rows}expiries"
