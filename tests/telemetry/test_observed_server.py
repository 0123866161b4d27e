"""What a real server tells of the calls that it serves."""

import asyncio

import grpc
import pytest
import structlog.testing

import nearhit
from nearhit import Strategy
from polling import until

QUESTION = "how do i reset my password"
OTHER_QUESTION = "what is the capital of france?"
SEARCH = {"protocol": "grpc", "method": "nearhit.v1.SemanticCacheService/Search"}


async def settled(observed, count=1):
    """The server's side of a call ends a moment after its caller's."""
    name = "nearhit_call_duration_seconds_count"

    async def ended():
        return ((await observed.samples()).of(name, **SEARCH) or 0) >= count

    await until(ended)
    return await observed.samples()


async def test_exact_hit_is_counted_by_cache_and_strategy(observed):
    async with observed.client() as client:
        await client.store(QUESTION, "Open Settings.")
        await client.search(QUESTION)
    samples = await settled(observed)
    assert samples.of("nearhit_search_hits_total", cache="answers", strategy="exact") == 1
    assert samples.of("nearhit_search_hits_total", cache="answers", strategy="semantic") == 0
    assert samples.of("nearhit_search_hit_similarity_count", cache="answers") == 0
    assert samples.of("nearhit_calls_total", **SEARCH, status="OK") == 1
    assert samples.of("nearhit_search_stage_duration_seconds_count", stage="exact") == 1
    assert samples.of("nearhit_search_stage_duration_seconds_count", stage="nearest") == 0
    assert samples.of("nearhit_calls_in_flight") == 0


async def test_semantic_hit_is_counted_with_its_similarity(observed):
    async with observed.client() as client:
        await client.store(QUESTION, "Open Settings.")
        hit = await client.search(OTHER_QUESTION, similarity_threshold=-1)
    samples = await settled(observed)
    assert samples.of("nearhit_search_hits_total", cache="answers", strategy="semantic") == 1
    similarity = samples.of("nearhit_search_hit_similarity_sum", cache="answers")
    assert similarity == pytest.approx(hit.matches[0].similarity)


async def test_miss_is_counted_with_the_nearest_similarity(observed):
    async with observed.client() as client:
        await client.store(QUESTION, "Open Settings.")
        miss = await client.search(OTHER_QUESTION, similarity_threshold=1)
    samples = await settled(observed)
    assert samples.of("nearhit_search_misses_total", cache="answers") == 1
    similarity = samples.of("nearhit_search_miss_similarity_sum", cache="answers")
    assert similarity == pytest.approx(miss.nearest_similarity)


async def test_miss_in_an_empty_cache_has_no_similarity(observed):
    async with observed.client() as client:
        await client.search(QUESTION)
    samples = await settled(observed)
    assert samples.of("nearhit_search_misses_total", cache="answers") == 1
    assert samples.of("nearhit_search_miss_similarity_count", cache="answers") == 0


async def test_refused_call_is_counted_by_its_status(observed):
    async with observed.client(cache="no-such-cache") as client:
        with pytest.raises(nearhit.NotFoundError):
            await client.search(QUESTION)
    samples = await settled(observed)
    assert samples.of("nearhit_calls_total", **SEARCH, status="NOT_FOUND") == 1
    assert samples.of("nearhit_search_misses_total", cache="no-such-cache") is None
    assert not samples.named("nearhit_store_operation_failures_total")


async def test_vectors_are_counted_by_where_they_came_from(observed):
    async with observed.client() as client:
        await client.store(QUESTION, "Open Settings.")
        await client.search(QUESTION, strategies=[Strategy.SEMANTIC])
    samples = await settled(observed)
    assert samples.of("nearhit_embedding_vectors_total", source="model") == 1
    assert samples.of("nearhit_embedding_vectors_total", source="memory") == 1
    assert samples.of("nearhit_embedding_vectors_total", source="store") == 0
    assert samples.of("nearhit_embedding_batch_texts_sum", model="tiny") == 1
    # Six words with the two special tokens around them.
    assert samples.of("nearhit_embedding_batch_tokens_sum", model="tiny") == 8
    assert samples.of("nearhit_embedding_queue_texts", model="tiny") == 0


async def test_store_is_measured_by_operation_and_contents(observed):
    async with observed.client() as client:
        for question in (QUESTION, OTHER_QUESTION, "what is my password"):
            await client.store(question, "Open Settings.")
    samples = await observed.samples()
    assert samples.of("nearhit_store_evictions_total", cache="answers") == 1
    assert samples.of("nearhit_store_operation_duration_seconds_count", operation="put") == 3
    assert samples.of("nearhit_store_entries", cache="answers") == 2
    assert samples.of("nearhit_store_size_bytes") > 0


async def test_stages_of_a_call_are_children_of_its_span_and_it_of_the_callers(observed):
    trace_id, span_id = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331
    parent = f"00-{trace_id:032x}-{span_id:016x}-01"
    async with observed.client(metadata=(("traceparent", parent),)) as client:
        await client.search(QUESTION)
    await settled(observed)
    spans = {span.name: span for span in observed.exporter.get_finished_spans()}
    call = spans.pop("nearhit.v1.SemanticCacheService/Search")
    assert (call.context.trace_id, call.parent.span_id) == (trace_id, span_id)
    assert call.kind.name == "SERVER"
    stages = ["exact", "embed_queue", "embed_model", "nearest"]
    assert sorted(spans, key=lambda name: spans[name].start_time) == stages
    for stage in stages:
        assert spans[stage].parent.span_id == call.context.span_id
        assert spans[stage].context.trace_id == trace_id
        assert call.start_time <= spans[stage].start_time <= spans[stage].end_time
        assert spans[stage].end_time <= call.end_time
    assert spans["embed_queue"].end_time == spans["embed_model"].start_time


async def test_span_of_a_search_tells_its_outcome_and_no_prompt(observed):
    async with observed.client() as client:
        await client.store(QUESTION, "Open Settings.")
        observed.exporter.clear()
        await client.search(QUESTION)
    await settled(observed)
    spans = observed.exporter.get_finished_spans()
    (call,) = (span for span in spans if span.parent is None)
    assert dict(call.attributes) == {
        "rpc.system.name": "grpc",
        "rpc.method": "nearhit.v1.SemanticCacheService/Search",
        "rpc.response.status_code": "OK",
        "nearhit.request_id": call.attributes["nearhit.request_id"],
        "nearhit.cache": "answers",
        "nearhit.hit": True,
        "nearhit.similarity": 1.0,
    }
    assert not any(QUESTION in span.to_json() for span in spans)


async def test_call_that_its_caller_does_not_sample_has_no_spans(observed):
    parent = f"00-{1:032x}-{1:016x}-00"
    async with observed.client(metadata=(("traceparent", parent),)) as client:
        await client.search(QUESTION)
    await settled(observed)
    assert not observed.exporter.get_finished_spans()


async def test_batch_of_searches_has_a_span_for_each_stage_and_not_for_each_search(observed):
    async with observed.client() as client:
        await client.search_many([f"how {'my ' * n}" for n in range(1, 9)] * 20)

    async def traced():
        return any(span.parent is None for span in observed.exporter.get_finished_spans())

    await until(traced)
    assert len(observed.exporter.get_finished_spans()) <= 5


async def test_concurrent_calls_keep_their_stages_apart(observed):
    async with observed.client() as client:
        await client.store(QUESTION, "Open Settings.")
        observed.exporter.clear()
        await asyncio.gather(
            *(client.search(QUESTION) for _ in range(10)),
            *(client.search(OTHER_QUESTION) for _ in range(10)),
        )
    await settled(observed, count=20)
    spans = observed.exporter.get_finished_spans()
    children = {
        call.context.span_id: [s.name for s in spans if s.parent == call.context]
        for call in spans
        if call.parent is None
    }
    exact = sum(names == ["exact"] for names in children.values())
    semantic = sum({"exact", "nearest"} <= set(names) for names in children.values())
    assert (exact, semantic) == (10, 10)


async def test_log_line_of_a_search_tells_what_became_of_it(observed):
    async with observed.client(metadata=(("x-request-id", "mine"),)) as client:
        await client.store(QUESTION, "Open Settings.")
        with structlog.testing.capture_logs() as lines:
            await client.search(QUESTION)
            await until(lambda: any(line["event"] == "call" for line in lines))
    (line,) = (line for line in lines if line["event"] == "call")
    assert line.pop("seconds") >= line.pop("exact_ms") / 1_000 > 0
    assert line == {
        "event": "call",
        "log_level": "info",
        "request_id": "mine",
        "protocol": "grpc",
        "method": "nearhit.v1.SemanticCacheService/Search",
        "status": "OK",
        "cache": "answers",
        "hit": True,
        "similarity": 1.0,
        "strategy": "exact",
    }


async def test_undecodable_call_is_counted_and_logged_like_any_other(observed):
    with structlog.testing.capture_logs() as lines:
        async with grpc.aio.insecure_channel(observed.address) as channel:
            with pytest.raises(grpc.aio.AioRpcError):
                await channel.unary_unary("/nearhit.v1.SemanticCacheService/Search")(b"\xff")
        samples = await settled(observed)
    assert samples.of("nearhit_calls_total", **SEARCH, status="INVALID_ARGUMENT") == 1
    (line,) = (line for line in lines if line["event"] == "call")
    assert (line["status"], line["reason"]) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE")
