"""What is said about hits, and what is told of them."""

from nearhit.calls import Call, Pages, Timeout, short_call
from nearhit.choices import Verdict
from nearhit.messages import quality
from nearhit.operations.scope import Scope
from nearhit.quality import CacheStats, HitReport, ShadowSearch


class QualityOperations(Scope):
    """What reports hits, and tells how far they can be trusted."""

    def report_hit(
        self, entry_id: str, prompt: str, verdict: Verdict | str, *, timeout: Timeout = None
    ) -> Call[bool]:
        """Says whether an entry was the right answer to a prompt, which the cache learns from.

        Args:
            entry_id: the entry's id, `match.entry.entry_id`.
            prompt: what was asked: the `effective_prompt` of the search.
            verdict: Verdict.RIGHT or Verdict.WRONG, or "right" or "wrong".
            timeout: seconds or a timedelta. None: the client's.

        Of several reports about the same entry and prompt the last one counts. Returns whether
        the entry is quarantined now, as one is that is reported wrong for several prompts:
        searches no longer find it, until it is stored again, changed or released.

        Raises NearhitError: InvalidArgumentError; NotFoundError if there is no such cache or
        entry; and what every call can raise.
        """
        request = quality.report(self.cache, entry_id, prompt, verdict)
        return short_call(
            lambda stubs: stubs.semantic.ReportHit, request, quality.reported, timeout
        )

    def cache_stats(self, *, timeout: Timeout = None) -> Call[CacheStats]:
        """What the cache has answered, and how much of it was right.

        Counts lag behind the searches by a moment. Raises NearhitError: NotFoundError if there
        is no such cache; and what every call can raise.
        """
        request = quality.stats(self.cache)
        return short_call(
            lambda stubs: stubs.quality.GetCacheStats, request, quality.counted, timeout
        )

    def list_reports(
        self, *, page_size: int | None = None, timeout: Timeout = None
    ) -> Pages[HitReport]:
        """Iterates over what was reported about the cache's hits, the oldest first.

        The server keeps the 10,000 latest. Pages are read as they are needed, `page_size`
        reports at most (None: 100); `timeout` is for each of them.

        Raises NearhitError, while iterating: InvalidArgumentError; NotFoundError if there is no
        such cache; and what every call can raise.
        """
        return Pages(
            lambda page_token: short_call(
                lambda stubs: stubs.quality.ListReports,
                quality.list_reports(self.cache, page_token=page_token, page_size=page_size),
                quality.reports_listed,
                timeout,
            )
        )

    def release_entry(self, entry_id: str, *, timeout: Timeout = None) -> Call[bool]:
        """Ends the quarantine of an entry; returns False if it was in none.

        What was reported about it before no longer counts against it. Raises NearhitError:
        InvalidArgumentError; NotFoundError if there is no such cache or entry; and what every
        call can raise.
        """
        request = quality.release(self.cache, entry_id)
        return short_call(
            lambda stubs: stubs.quality.ReleaseEntry, request, quality.released, timeout
        )

    def list_shadow_searches(
        self, *, page_size: int | None = None, timeout: Timeout = None
    ) -> Pages[ShadowSearch]:
        """Iterates over what the cache would have answered in shadow mode, the oldest first.

        The server keeps the 10,000 latest. Pages are read as they are needed, `page_size`
        searches at most (None: 100); `timeout` is for each of them.

        Raises NearhitError, while iterating: InvalidArgumentError; NotFoundError if there is no
        such cache; and what every call can raise.
        """
        return Pages(
            lambda page_token: short_call(
                lambda stubs: stubs.quality.ListShadowSearches,
                quality.list_shadow_searches(
                    self.cache, page_token=page_token, page_size=page_size
                ),
                quality.shadow_searches_listed,
                timeout,
            )
        )
