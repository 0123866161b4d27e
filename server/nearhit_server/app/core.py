"""The core over its ports, and the services that speak for it."""

from dataclasses import dataclass

from nearhit_server.api.grpc.cache_admin_service import CacheAdminService
from nearhit_server.api.grpc.cache_quality_service import CacheQualityService
from nearhit_server.api.grpc.embedding_cache_service import EmbeddingCacheService
from nearhit_server.api.grpc.key_admin_service import KeyAdminService
from nearhit_server.api.grpc.semantic_cache_service import SemanticCacheService
from nearhit_server.api.grpc.server import (
    CACHE_ADMIN,
    CACHE_QUALITY,
    EMBEDDING_CACHE,
    KEY_ADMIN,
    SEMANTIC_CACHE,
    Services,
)
from nearhit_server.core.access.key_admin import KeyAdmin
from nearhit_server.core.cache_admin import CacheAdmin
from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.core.caches import Verification
from nearhit_server.core.embedding.embedding_cache import EmbeddingCache
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.entry_uses import EntryUses
from nearhit_server.core.limits import Limits
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock, Storage
from nearhit_server.core.quality.operating_point import OperatingPoints
from nearhit_server.core.quality.recording import SearchRecorder
from nearhit_server.core.quality.service import CacheQuality
from nearhit_server.core.search import Searcher
from nearhit_server.core.semantic_cache import SemanticCache
from nearhit_server.core.verification.assessment import Assessor
from nearhit_server.core.verification.calibration import Calibration
from nearhit_server.core.verification.estimating import Estimator
from nearhit_server.core.verification.judging import Judge
from nearhit_server.core.verification.verifier import Verifier
from nearhit_server.core.writing import Writer
from nearhit_server.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Core:
    """What can be asked of a server, whatever the protocol."""

    cache: SemanticCache
    cache_admin: CacheAdmin
    embeddings: EmbeddingCache
    key_admin: KeyAdmin
    quality: CacheQuality
    entry_uses: EntryUses
    recorder: SearchRecorder
    """These two are to be entered before the first search, and left after the last: until then,
    nothing of them is written."""
    limits: Limits

    def grpc_services(self) -> Services:
        """Everything as gRPC services."""
        return {
            SEMANTIC_CACHE: SemanticCacheService(self.cache, self.quality).rpcs(),
            CACHE_ADMIN: CacheAdminService(self.cache_admin).rpcs(),
            EMBEDDING_CACHE: EmbeddingCacheService(self.embeddings).rpcs(),
            KEY_ADMIN: KeyAdminService(self.key_admin).rpcs(),
            CACHE_QUALITY: CacheQualityService(self.quality).rpcs(),
        }


def make_core(
    settings: Settings,
    *,
    store: Storage,
    models: Models,
    calibration: Calibration,
    verifier: Verifier,
    clock: Clock,
    observer: Observer,
) -> Core:
    """The core on a store and models."""
    limits = Limits(
        max_prompt_characters=settings.max_prompt_characters,
        max_response_bytes=settings.max_response_bytes,
        max_metadata_bytes=settings.max_metadata_bytes,
    )
    directory = CacheDirectory(store)
    entry_uses = EntryUses(store)
    recorder = SearchRecorder(store)
    assessor = Assessor(calibration, verifier)
    operating_points = OperatingPoints(store, calibration)
    searcher = Searcher(
        entries=store,
        uses=entry_uses,
        models=models,
        judge=Judge(assessor, operating_points),
        recorder=recorder,
        clock=clock,
        limits=limits,
        observer=observer,
    )
    writer = Writer(entries=store, models=models, clock=clock, limits=limits)
    return Core(
        cache=SemanticCache(directory=directory, entries=store, searcher=searcher, writer=writer),
        cache_admin=CacheAdmin(
            store=store,
            directory=directory,
            models=models,
            clock=clock,
            default_threshold=settings.similarity_threshold,
            default_verification=Verification(settings.verification),
        ),
        embeddings=EmbeddingCache(models=models, namespaces=store, clock=clock, limits=limits),
        key_admin=KeyAdmin(store, clock=clock),
        quality=CacheQuality(
            directory=directory,
            entries=store,
            store=store,
            estimator=Estimator(models, assessor),
            operating_points=operating_points,
            clock=clock,
            limits=limits,
        ),
        entry_uses=entry_uses,
        recorder=recorder,
        limits=limits,
    )
