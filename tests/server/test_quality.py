"""Reports, quarantine, statistics and shadow mode, over real gRPC."""

import pytest

import nearhit
from nearhit import RefusalReason, Strategy, Verdict, Verification
from polling import until

QUESTION = "How do I reset my password?"
PARAPHRASE = "How can I reset my password?"
OTHERS = ("reset password how", "How does one reset a password?", "How to reset a password")
MISSING = "0" * 32


@pytest.fixture
async def entry_id(client):
    """An entry, by its id."""
    return (await client.store(QUESTION, "Open Settings.")).entry_id


async def quarantine(client, entry_id):
    """Report an entry wrong until it is quarantined."""
    for prompt in OTHERS:
        quarantined = await client.report_hit(entry_id, prompt, Verdict.WRONG)
    assert quarantined


async def test_reports_are_counted_and_listed(client, entry_id):
    assert await client.report_hit(entry_id, PARAPHRASE, Verdict.RIGHT) is False
    await client.report_hit(entry_id, OTHERS[0], "wrong")

    stats = await client.cache_stats()
    first, second = [report async for report in client.list_reports()]

    assert (stats.reported_right, stats.reported_wrong) == (1, 1)
    assert stats.false_hit_rate.low < stats.false_hit_rate.value < stats.false_hit_rate.high
    assert (first.entry_id, first.prompt, first.entry_prompt) == (entry_id, PARAPHRASE, QUESTION)
    assert (first.verdict, second.verdict) == (Verdict.RIGHT, Verdict.WRONG)
    assert first.reported_at <= second.reported_at
    assert first.similarity == pytest.approx(0.99, abs=0.02)
    assert 0 <= first.confidence <= 1


async def test_last_report_about_a_prompt_counts(client, entry_id):
    for verdict in (Verdict.WRONG, Verdict.WRONG, Verdict.RIGHT):
        await client.report_hit(entry_id, PARAPHRASE, verdict)

    stats = await client.cache_stats()

    assert (stats.reported_right, stats.reported_wrong) == (1, 0)
    assert [report.verdict async for report in client.list_reports()] == [Verdict.RIGHT]


async def test_new_cache_has_nothing_to_tell(client):
    stats = await client.cache_stats()

    assert (stats.searches, stats.exact_hits, stats.semantic_hits) == (0, 0, 0)
    assert (stats.refusals, stats.false_hit_rate, stats.quarantined_entries) == ({}, None, 0)
    assert [report async for report in client.list_reports()] == []
    assert [search async for search in client.list_shadow_searches()] == []


async def test_searches_are_counted_by_what_they_came_to(client, entry_id):
    await client.search(QUESTION)
    await client.search("What is the tallest mountain of Peru?")

    async def counted():
        return (await client.cache_stats()).searches == 2

    await until(counted)
    stats = await client.cache_stats()
    assert (stats.exact_hits, stats.semantic_hits) == (1, 0)
    assert sum(stats.refusals.values()) == 1


async def test_entry_reported_wrong_for_several_prompts_is_found_again_once_released(
    client, entry_id
):
    await quarantine(client, entry_id)
    assert isinstance(await client.search(QUESTION), nearhit.Miss)
    assert (await client.cache_stats()).quarantined_entries == 1

    assert await client.release_entry(entry_id) is True
    assert isinstance(await client.search(QUESTION), nearhit.Hit)
    assert (await client.cache_stats()).quarantined_entries == 0
    assert await client.release_entry(entry_id) is False


async def test_entry_that_is_stored_again_is_no_longer_quarantined(client, entry_id):
    await quarantine(client, entry_id)
    assert (await client.store(QUESTION, "Another answer.")).entry_id == entry_id

    hit = await client.search(QUESTION)

    assert hit.matches[0].entry.response == "Another answer."


async def test_reports_about_what_is_not_there_are_refused(client, server_address):
    for call in (
        client.report_hit(MISSING, PARAPHRASE, Verdict.RIGHT),
        client.release_entry(MISSING),
    ):
        with pytest.raises(nearhit.NotFoundError) as refused:
            await call
        assert refused.value.reason == "ENTRY_NOT_FOUND"
    async with nearhit.AsyncClient(server_address, cache="nowhere") as nowhere:
        for call in (nowhere.cache_stats(), nowhere.report_hit(MISSING, PARAPHRASE, "right")):
            with pytest.raises(nearhit.NotFoundError) as refused:
                await call
            assert refused.value.reason == "CACHE_NOT_FOUND"


async def test_lists_are_paged(client, cache_id, entry_id):
    await client.update_cache(cache_id, shadow=True)
    for prompt in (QUESTION, PARAPHRASE, OTHERS[0]):
        await client.report_hit(entry_id, prompt, Verdict.RIGHT)
        await client.search(prompt)
    reports = [report.prompt async for report in client.list_reports(page_size=1)]
    assert reports == [QUESTION, PARAPHRASE, OTHERS[0]]

    async def recorded():
        return len([s async for s in client.list_shadow_searches(page_size=2)]) == 3

    await until(recorded)


async def test_flush_forgets_what_was_reported(client, entry_id):
    await client.report_hit(entry_id, PARAPHRASE, Verdict.WRONG)
    await client.flush()

    assert [report async for report in client.list_reports()] == []
    assert (await client.cache_stats()).reported_wrong == 0


async def test_match_tells_how_sure_it_is(client, entry_id):
    exact = (await client.search(QUESTION)).matches[0]
    similar = (await client.search(PARAPHRASE)).matches[0]

    assert (exact.strategy, exact.confidence) == (Strategy.EXACT, 1)
    assert similar.strategy is Strategy.SEMANTIC
    assert 0.5 < similar.confidence <= 1


async def test_match_tells_nothing_where_nothing_is_verified(client, cache_id, entry_id):
    await client.update_cache(cache_id, verification=Verification.OFF)

    similar = (await client.search(PARAPHRASE)).matches[0]

    assert similar.confidence is None


async def test_miss_tells_what_came_nearest_and_why_it_was_refused(client):
    await client.store("The best films of 2023", "These.")

    miss = await client.search("The best films of 2024")
    far = await client.search("What is the tallest mountain of Peru?")

    assert miss.candidate.reason is RefusalReason.GUARD
    assert miss.candidate.prompt == "The best films of 2023"
    assert "2023" in miss.candidate.detail
    assert miss.nearest_similarity == miss.candidate.similarity
    assert far.candidate.reason is RefusalReason.BELOW_THRESHOLD


async def test_shadow_mode_answers_nothing_and_records_everything(client, cache_id, entry_id):
    await client.update_cache(cache_id, shadow=True)

    for prompt in (QUESTION, PARAPHRASE):
        miss = await client.search(prompt)
        assert isinstance(miss, nearhit.Miss)
        assert (miss.candidate.entry_id, miss.candidate.reason) == (entry_id, RefusalReason.SHADOW)
    await client.search("What is the tallest mountain of Peru?")

    async def recorded():
        return len([search async for search in client.list_shadow_searches()]) == 3

    await until(recorded)
    exact, similar, far = [search async for search in client.list_shadow_searches()]
    assert (exact.strategy, exact.refusal, exact.entry_id) == (Strategy.EXACT, None, entry_id)
    assert (similar.prompt, similar.entry_prompt) == (PARAPHRASE, QUESTION)
    assert (similar.refusal, similar.confidence) == (None, miss.candidate.confidence)
    assert far.refusal is RefusalReason.BELOW_THRESHOLD


async def test_rate_needs_something_that_verifies(client, cache_id):
    await client.update_cache(cache_id, verification=Verification.OFF)
    with pytest.raises(nearhit.InvalidArgumentError) as refused:
        await client.update_cache(cache_id, max_false_hit_rate=0.02)
    assert [v.field for v in refused.value.field_violations] == ["cache.max_false_hit_rate"]

    changed = await client.update_cache(
        cache_id, verification=Verification.GUARD, max_false_hit_rate=0.02
    )
    assert (changed.verification, changed.max_false_hit_rate) == (Verification.GUARD, 0.02)
    with pytest.raises(nearhit.InvalidArgumentError):
        await client.update_cache(cache_id, verification=Verification.OFF)


async def test_cache_that_goes_by_a_rate_tells_its_operating_point(client, cache_id):
    told = []
    for rate in (0.5, 0.01):
        await client.update_cache(cache_id, max_false_hit_rate=rate)
        told.append((await client.cache_stats()).min_confidence)

    loose, strict = told
    assert 0 < loose < 1
    assert loose < strict
