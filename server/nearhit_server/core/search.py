"""The search flow: each strategy in turn until one has a match."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter

from nearhit_server.core.caches import CacheSpec, LongPrompts, Strategy
from nearhit_server.core.concurrency import together
from nearhit_server.core.context import effective_prompts
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.reading import EXACT_ONLY_REASONS, tolerated_by
from nearhit_server.core.entries import EntryUse, PromptKey, canonical_prompt
from nearhit_server.core.entry_uses import EntryUses
from nearhit_server.core.errors import NearhitError
from nearhit_server.core.filters import Filter, both, carrying
from nearhit_server.core.limits import Limits
from nearhit_server.core.observing import UNOBSERVED, Observer, Stage
from nearhit_server.core.ports import Clock, EntryStore
from nearhit_server.core.quality.recording import SearchRecorder
from nearhit_server.core.quality.shadowing import shadow_search_of, shadowed
from nearhit_server.core.queries import Candidate, ExactOnlyReason, Hit, Match, Miss, SearchQuery
from nearhit_server.core.request_checks import check_search, plan_strategies
from nearhit_server.core.vectors import FloatVector, normalized
from nearhit_server.core.verification.judging import Judge, Question

Outcome = Hit | Miss | NearhitError


@dataclass
class _Search:
    """One query on its way: what is still to be tried, and what has come of it so far."""

    query: SearchQuery
    where: Filter | None
    remaining: list[Strategy]
    effective_prompt: str = ""
    vector: FloatVector | None = None
    matches: tuple[Match, ...] = ()
    refused: Candidate | None = None
    exact_only_reason: ExactOnlyReason | None = None
    error: NearhitError | None = None

    def tries(self, strategy: Strategy) -> bool:
        """Whether `strategy` is what this search has to try next."""
        return not self.matches and self.error is None and self.remaining[:1] == [strategy]

    def outcome(self) -> Outcome:
        if self.error is not None:
            return self.error
        if self.matches:
            return Hit(self.matches, self.effective_prompt)
        return Miss(self.refused, self.exact_only_reason, self.effective_prompt)


class Searcher:
    """Runs searches in one cache, any number at once, so that their texts are embedded together."""

    def __init__(
        self,
        *,
        entries: EntryStore,
        uses: EntryUses,
        models: Models,
        judge: Judge,
        recorder: SearchRecorder,
        clock: Clock,
        limits: Limits,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._judge = judge
        self._recorder = recorder
        self._entries = entries
        self._uses = uses
        self._models = models
        self._clock = clock
        self._limits = limits
        self._observer = observer

    async def run(
        self, spec: CacheSpec, queries: Sequence[SearchQuery | NearhitError]
    ) -> list[Outcome]:
        """The outcome of each query, in order; what is wrong with one is its outcome.

        Raises what concerns all of them: SpecChangedError, NotFoundError, UnavailableError,
        ResourceExhaustedError.
        """
        planned = [self._plan(spec, query) for query in queries]
        searches = [search for search in planned if isinstance(search, _Search)]
        await together(self._resolve_context(spec, search) for search in searches)
        while any(search.remaining for search in searches):
            await self._try_exact(spec, [s for s in searches if s.tries(Strategy.EXACT)])
            await self._try_semantic(spec, [s for s in searches if s.tries(Strategy.SEMANTIC)])
            for search in searches:
                if search.matches or search.error is not None:
                    search.remaining.clear()
        outcomes = [p.outcome() if isinstance(p, _Search) else p for p in planned]
        return [self._told(spec, outcome) for outcome in outcomes]

    def _told(self, spec: CacheSpec, outcome: Outcome) -> Outcome:
        """Note what came of a search; returns what to answer."""
        if isinstance(outcome, NearhitError):
            return outcome
        if spec.shadow:
            search = shadow_search_of(outcome, searched_at=self._clock.now())
            self._recorder.note_shadow(spec, search)
            outcome = shadowed(outcome)
        self._recorder.note(spec, outcome)
        self._observer.searched(spec.cache_id, outcome)
        return outcome

    def _plan(self, spec: CacheSpec, query: SearchQuery | NearhitError) -> _Search | NearhitError:
        if isinstance(query, NearhitError):
            return query
        try:
            check_search(query, spec, self._limits)
            strategies = plan_strategies(query, spec)
        except NearhitError as error:
            return error
        return _Search(
            query=query,
            where=both(carrying(query.attributes), query.filter),
            remaining=list(strategies),
            effective_prompt=query.prompt or "",
            vector=None if query.vector is None else normalized(query.vector),
        )

    async def _resolve_context(self, spec: CacheSpec, search: _Search) -> None:
        prompt = search.query.prompt
        if prompt is None or not search.query.context:
            return
        candidates = effective_prompts(
            search.query.context, prompt, max_characters=self._limits.max_prompt_characters
        )
        search.effective_prompt = candidates[0]
        if spec.model is not None and spec.semantic:
            embedder = await self._models.of_cache(spec)
            fitting = await embedder.longest_within_window(candidates)
            if fitting is not None:
                search.effective_prompt = fitting
            elif spec.long_prompts is LongPrompts.TRUNCATE:
                # What is read is the beginning, and that should be the question.
                search.effective_prompt = prompt

    async def _try_exact(self, spec: CacheSpec, searches: Sequence[_Search]) -> None:
        if not searches:
            return
        started = perf_counter()
        await together(self._find_exact(spec, search) for search in searches)
        self._observer.stage(Stage.EXACT, started=started, ended=perf_counter())

    async def _find_exact(self, spec: CacheSpec, search: _Search) -> None:
        search.remaining.pop(0)
        entries = await self._entries.find_exact(
            spec,
            PromptKey.of(search.effective_prompt),
            where=search.where,
            limit=search.query.max_results,
            with_vectors=search.query.with_vectors,
        )
        matches = tuple(Match(entry, 1.0, Strategy.EXACT, 1.0) for entry in entries)
        search.matches = self._used(spec, matches)

    async def _try_semantic(self, spec: CacheSpec, searches: Sequence[_Search]) -> None:
        if not searches:
            return
        await self._embed(spec, [search for search in searches if search.vector is None])
        started = perf_counter()
        await together(self._find_nearest(spec, search) for search in searches)
        self._observer.stage(Stage.NEAREST, started=started, ended=perf_counter())

    async def _embed(self, spec: CacheSpec, searches: Sequence[_Search]) -> None:
        if not searches:
            return
        embedder = await self._models.of_cache(spec)
        embeddings = await embedder.embed(
            [canonical_prompt(search.effective_prompt) for search in searches],
            tolerated=tolerated_by(spec),
        )
        for search, embedding in zip(searches, embeddings, strict=True):
            if isinstance(embedding, NearhitError):
                search.error = embedding
                continue
            search.vector = embedding.vector
            if embedding.vector is None and embedding.unread is not None:
                search.exact_only_reason = EXACT_ONLY_REASONS[embedding.unread]
                if search.query.exact_if_unreadable:
                    search.remaining.append(Strategy.EXACT)

    async def _find_nearest(self, spec: CacheSpec, search: _Search) -> None:
        search.remaining.pop(0)
        if search.vector is None:
            return
        query = search.query
        neighbours = await self._entries.find_nearest(
            spec,
            search.vector,
            where=search.where,
            limit=self._judge.neighbours_wanted(spec, query.max_results),
            with_vectors=query.with_vectors,
        )
        question = Question(
            asked=search.effective_prompt,
            threshold=query.similarity_threshold,
            max_results=query.max_results,
            deadline=query.deadline,
        )
        judged = await self._judge.judge(spec, question, neighbours)
        search.refused = judged.refused
        search.matches = self._used(spec, judged.matches)

    def _used(self, spec: CacheSpec, matches: tuple[Match, ...]) -> tuple[Match, ...]:
        """Note that entries were hit; returns them with the expiry that this gives them."""
        if not spec.ttl_refresh_on_hit and spec.max_entries is None:
            return matches
        used = matches
        if spec.ttl_refresh_on_hit:
            now = self._clock.now()
            used = tuple(_refreshed(match, spec, now=now) for match in matches)
        uses = [
            EntryUse.of(read.entry, expires_at=match.entry.expires_at)
            for read, match in zip(matches, used, strict=True)
        ]
        self._uses.note(spec, uses)
        return used


def _refreshed(match: Match, spec: CacheSpec, *, now: datetime) -> Match:
    expires_at = spec.expiry(match.entry.ttl, now=now)
    return replace(match, entry=replace(match.entry, expires_at=expires_at))
