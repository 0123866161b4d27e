"""Requests that are refused, and why: one list for the tests that send them."""

from bad_quality_requests import REFUSED_QUALITY, UNMET_QUALITY
from nearhit.v1 import cache_admin_pb2 as admin
from nearhit.v1 import embedding_cache_pb2 as emb
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit.v1 import types_pb2 as types

DIMENSION = 384
NAN, INF = float("nan"), float("inf")


def vector(*values):
    return types.Vector(floats=types.Vector.Floats(values=values))


def full_vector(value):
    return vector(*[value] * DIMENSION)


def nested(levels):
    filter_ = types.Filter(tag_in=types.TagIn(name="a", values=["b"]))
    for _ in range(levels - 1):
        filter_ = types.Filter(negation=filter_)
    return filter_


def wide(count):
    node = types.Filter(tag_in=types.TagIn(name="a", values=["b"]))
    return types.Filter(any_of=types.Filter.List(filters=[node] * count))


def search(**fields):
    return pb.SearchRequest(**{"cache": "default", "prompt": "p"} | fields)


def store(**fields):
    return pb.StoreRequest(**{"cache": "default", "prompt": "p", "response": "r"} | fields)


def update(*paths, **fields):
    fields = {"cache": "default", "entry_id": "0" * 32} | fields
    return pb.UpdateRequest(**fields, update_mask={"paths": list(paths)})


def delete(**fields):
    return pb.DeleteRequest(**{"cache": "default"} | fields)


def create(**fields):
    return admin.CreateCacheRequest(cache=admin.Cache(**{"cache_id": "bad"} | fields))


def get(**fields):
    return emb.EmbeddingGetRequest(**fields)


def mine(**fields):
    return get(**{"namespace": "mine", "model": "m"} | fields)


def put(*items, **fields):
    return emb.EmbeddingSetRequest(**{"namespace": "mine", "model": "m"} | fields, items=items)


def item(**fields):
    return {"text": "t", "vector": vector(1)} | fields


KEY = "0" * 64

REFUSED = [
    (search(prompt=""), "prompt"),
    (search(prompt=" \n\t"), "prompt"),
    (search(prompt="x" * 8_193), "prompt"),
    (search(prompt="a\0b"), "prompt"),
    (pb.SearchRequest(cache="default"), "prompt"),
    (pb.SearchRequest(cache="default", vector=full_vector(1), strategies=[1]), "strategies"),
    (pb.SearchRequest(cache="default", vector=full_vector(1), context=["a"]), "context"),
    (search(vector=full_vector(NAN)), "vector"),
    (search(vector=full_vector(INF)), "vector"),
    (search(vector=full_vector(0)), "vector"),
    (search(vector=vector()), "vector"),
    (search(vector=types.Vector()), "vector"),
    (search(vector=types.Vector(float32_le=b"abc")), "vector.float32_le"),
    (search(strategies=[0]), "strategies[0]"),
    (search(strategies=[1, 9]), "strategies[1]"),
    (search(strategies=[2, 2]), "strategies"),
    (search(similarity_threshold=1.1), "similarity_threshold"),
    (search(similarity_threshold=-1.1), "similarity_threshold"),
    (search(similarity_threshold=NAN), "similarity_threshold"),
    (search(max_results=0), "max_results"),
    (search(max_results=101), "max_results"),
    (search(max_results=-1), "max_results"),
    (search(context=["turn"] * 33), "context"),
    (search(context=["ok", "x" * 8_193]), "context[1]"),
    (search(attributes={str(n): "v" for n in range(17)}), "attributes"),
    (search(attributes={"a b": "v"}), "attributes"),
    (search(attributes={"a": ""}), "attributes['a']"),
    (search(attributes={"a": "x" * 501}), "attributes['a']"),
    (search(read_mask={"paths": ["prompt", "secret"]}), "read_mask.paths[1]"),
    (search(filter=types.Filter()), "filter"),
    (search(filter=nested(17)), "filter"),
    (search(filter=wide(256)), "filter"),
    (search(filter={"all_of": {}}), "filter.all_of.filters"),
    (
        search(filter={"all_of": {"filters": [{"tag_in": {"name": "a"}}]}}),
        "filter.all_of.filters[0].tag_in.values",
    ),
    (search(filter={"any_of": {"filters": [{}]}}), "filter.any_of.filters[0]"),
    (
        search(filter={"negation": {"tag_in": {"name": "?", "values": ["b"]}}}),
        "filter.negation.tag_in.name",
    ),
    (search(filter={"tag_in": {"name": "a", "values": ["b"] * 101}}), "filter.tag_in.values"),
    (search(filter={"numeric_range": {"name": "a", "min": 1}}), "filter.numeric_range.name"),
    (search(filter={"text_match": {"name": "a", "text": "b"}}), "filter.text_match.name"),
    (search(cache=""), "cache"),
    (search(cache="Default"), "cache"),
    (search(cache="../default"), "cache"),
    (search(cache="x" * 65), "cache"),
    (store(prompt=""), "prompt"),
    (store(prompt="x" * 8_193), "prompt"),
    (store(response="x" * (1 << 20) + "x"), "response"),
    (store(response="a\0b"), "response"),
    (store(metadata_json="[1]"), "metadata_json"),
    (store(metadata_json="{"), "metadata_json"),
    (store(metadata_json='{"a": NaN}'), "metadata_json"),
    (store(metadata_json='{"a": 1e999}'), "metadata_json"),
    (store(metadata_json='{"a": "\\ud800"}'), "metadata_json"),
    (store(metadata_json='{"a": %s}' % ("9" * 5_000)), "metadata_json"),
    (store(metadata_json='{"a": "%s"}' % ("x" * 65_536)), "metadata_json"),
    (store(metadata_json='{"a":' + "[" * 60_000), "metadata_json"),
    (store(metadata_json='{"a":' + "[" * 70 + "]" * 70 + "}"), "metadata_json"),
    (store(ttl={"seconds": -1}), "ttl"),
    (store(ttl={"nanos": 999_000}), "ttl"),
    (store(ttl={}), "ttl"),
    (store(ttl={"seconds": 11 * 365 * 86_400}), "ttl"),
    (store(ttl={"seconds": 1 << 62}), "ttl"),
    (store(ttl={"seconds": 1, "nanos": -1}), "ttl"),
    (store(vector=full_vector(0)), "vector"),
    (update("prompt"), "prompt"),
    (update("response"), "response"),
    (update("entry_id"), "update_mask.paths[0]"),
    (update("*"), "update_mask.paths[0]"),
    (update(entry_id="zz"), "entry_id"),
    (update("attributes", attributes={"": "v"}), "attributes"),
    (update("attributes", "attributes.a", attributes={"a": "v"}), "update_mask"),
    (update("attributes."), "attributes"),
    (update("attributes.a b"), "attributes"),
    (update("attributes.`a`"), "attributes"),
    (update("attributes.a.b", attributes={"a.b": "v"}), "attributes"),
    (update("attributes.a", attributes={"a": ""}), "attributes['a']"),
    (update("attributes.a", attributes={"a": "x" * 501}), "attributes['a']"),
    (
        update(
            *(f"attributes.{n}" for n in range(17)), attributes={str(n): "v" for n in range(17)}
        ),
        "attributes",
    ),
    (update("metadata_json.a"), "update_mask.paths[0]"),
    (delete(), "selector"),
    (delete(entry_ids={}), "entry_ids.ids"),
    (delete(entry_ids={"ids": ["0" * 32] * 1_001}), "entry_ids.ids"),
    (delete(entry_ids={"ids": ["0" * 32, "nope"]}), "entry_ids.ids[1]"),
    (delete(attributes={}), "attributes.values"),
    (delete(filter={}), "filter"),
    (pb.FlushRequest(), "cache"),
    *REFUSED_QUALITY,
    (pb.BatchSearchRequest(cache="default"), "requests"),
    (pb.BatchSearchRequest(cache="default", requests=[search()] * 1_001), "requests"),
    (pb.BatchStoreRequest(cache="default"), "requests"),
    (pb.BatchStoreRequest(cache="default", requests=[store()] * 1_001), "requests"),
    (pb.ListEntriesRequest(cache="default", page_size=1_001), "page_size"),
    (pb.ListEntriesRequest(cache="default", page_size=-1), "page_size"),
    (pb.ListEntriesRequest(cache="default", page_token="what"), "page_token"),
    (create(cache_id=""), "cache.cache_id"),
    (create(cache_id="A"), "cache.cache_id"),
    (create(dimension=4_097), "cache.dimension"),
    (create(dimension=-1), "cache.dimension"),
    (create(similarity_threshold=2), "cache.similarity_threshold"),
    (create(default_ttl={"seconds": -5}), "cache.default_ttl"),
    (create(strategies=[0]), "cache.strategies[0]"),
    (create(long_prompts=7), "cache.long_prompts"),
    (create(max_entries=0), "cache.max_entries"),
    (create(verification=4), "cache.verification"),
    *[
        (create(max_false_hit_rate=rate), "cache.max_false_hit_rate")
        for rate in (0, 0.0009, 0.51, -0.1, NAN, INF)
    ],
    (create(max_false_hit_rate=0.02, verification=1), "cache.max_false_hit_rate"),
    (create(attributes=[{"name": "a", "type": 0}]), "cache.attributes[0].type"),
    (create(attributes=[{"name": "a b", "type": 1}]), "cache.attributes"),
    (create(attributes=[{"name": "a", "type": 1}] * 2), "cache.attributes[1].name"),
    (create(attributes=[{"name": str(n), "type": 1} for n in range(17)]), "cache.attributes"),
    (admin.GetCacheRequest(), "cache_id"),
    (admin.ListCachesRequest(page_size=1_001), "page_size"),
    (admin.ListCachesRequest(page_token="?"), "page_token"),
    (admin.UpdateCacheRequest(cache={"cache_id": "default"}), "update_mask"),
    (
        admin.UpdateCacheRequest(cache={"cache_id": "default"}, update_mask={"paths": ["epoch"]}),
        "update_mask.paths[0]",
    ),
    (admin.DeleteCacheRequest(cache_id="?"), "cache_id"),
    (get(), "texts"),
    (get(texts=["a"] * 1_001), "texts"),
    (get(texts=["a", ""]), "texts[1]"),
    (get(texts=["a\0"]), "texts[0]"),
    (get(texts=["x" * 8_193]), "texts[0]"),
    (get(keys=["xyz"]), "keys[0]"),
    (get(keys=[KEY, "A" * 64]), "keys[1]"),
    (get(keys=[KEY] * 1_001), "keys"),
    (get(keys=[KEY], texts=["a"]), "keys"),
    (get(keys=[KEY], compute_if_missing=True), "texts"),
    (get(texts=["a"], refresh_ttl=True), "refresh_ttl"),
    (get(texts=["a"], ttl={"seconds": 1}), "namespace"),
    (mine(texts=["a"], ttl={"seconds": 0}), "ttl"),
    (mine(texts=["a"], ttl={"seconds": 1}, refresh_ttl=True), "ttl"),
    (mine(texts=["a"], namespace="no spaces"), "namespace"),
    (mine(texts=["a"], namespace="n" * 65), "namespace"),
    (mine(texts=["a"], model=""), "model"),
    (mine(texts=["a"], model="m" * 257), "model"),
    (mine(texts=["a"], model="m\0"), "model"),
    (mine(keys=[KEY], compute_if_missing=True), "texts"),
    (put(item(), namespace=""), "namespace"),
    (put(item(), namespace="a:b"), "namespace"),
    (put(item(), namespace="{a}"), "namespace"),
    (put(item(), model=""), "model"),
    (put(item(), model="m" * 257), "model"),
    (put(), "items"),
    (put(*[item()] * 1_001), "items"),
    (put(item(), item(text="")), "items[1].text"),
    (put(item(text="x" * 8_193)), "items[0].text"),
    (put({"key": "k", "vector": vector(1)}), "items[0].key"),
    (put({"vector": vector(1)}), "items[0].name"),
    (put({"text": "t"}), "items[0].vector"),
    (put(item(vector=vector())), "items[0].vector"),
    (put(item(vector=vector(1, NAN))), "items[0].vector"),
    (put(item(vector=vector(1, -INF))), "items[0].vector"),
    (put(item(vector=vector(*[1] * 4_097))), "items[0].vector"),
    (put(item(vector=types.Vector(float32_le=b"abcde"))), "items[0].vector.float32_le"),
    (put(item(), item(metadata_json="[]")), "items[1].metadata_json"),
    (put(item(metadata_json='{"a": "%s"}' % ("x" * 65_536))), "items[0].metadata_json"),
    (put(item(ttl={})), "items[0].ttl"),
    (put(item(ttl={"seconds": 11 * 365 * 86_400})), "items[0].ttl"),
    (put(item(ttl={"seconds": 1, "nanos": -1})), "items[0].ttl"),
    (emb.EmbeddingExistsRequest(), "texts"),
    (emb.EmbeddingExistsRequest(namespace="mine", texts=["a"]), "model"),
    (emb.EmbeddingExistsRequest(keys=[KEY], texts=["a"]), "keys"),
    (emb.EmbeddingDeleteRequest(keys=[KEY]), "namespace"),
    (emb.EmbeddingDeleteRequest(namespace="mine"), "texts"),
    (emb.EmbeddingDeleteRequest(namespace="mine", texts=["a"]), "model"),
    (emb.EmbeddingDeleteRequest(namespace="mine", keys=["*"]), "keys[0]"),
    (emb.EmbeddingFlushRequest(), "namespace"),
    (emb.EmbeddingFlushRequest(namespace="*"), "namespace"),
]

UNMET = [
    (search(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
    (store(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
    (pb.FlushRequest(cache="nowhere"), "NOT_FOUND", "CACHE_NOT_FOUND"),
    (update(response="x"), "NOT_FOUND", "ENTRY_NOT_FOUND"),
    (update("response", response="x"), "NOT_FOUND", "ENTRY_NOT_FOUND"),
    *UNMET_QUALITY,
    (search(vector=vector(1.0, 2.0)), "FAILED_PRECONDITION", "DIMENSION_MISMATCH"),
    (store(vector=vector(1.0, 2.0)), "FAILED_PRECONDITION", "DIMENSION_MISMATCH"),
    (get(texts=["a"], model="no-such-model"), "FAILED_PRECONDITION", "MODEL_UNAVAILABLE"),
    (create(cache_id="default"), "ALREADY_EXISTS", "CACHE_EXISTS"),
    (create(model="no-such-model"), "FAILED_PRECONDITION", "MODEL_UNAVAILABLE"),
    (create(model="../../etc"), "FAILED_PRECONDITION", "MODEL_UNAVAILABLE"),
    (create(model="tiny", dimension=99), "FAILED_PRECONDITION", "DIMENSION_MISMATCH"),
    (
        admin.UpdateCacheRequest(
            cache={"cache_id": "default", "model": "tiny"}, update_mask={"paths": ["model"]}
        ),
        "FAILED_PRECONDITION",
        "FLUSH_REQUIRED",
    ),
]
