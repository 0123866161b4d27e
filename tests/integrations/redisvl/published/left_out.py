"""The tests of RedisVL's that are left out, each with its reason."""

LEFT_OUT: dict[str, str] = {
    "test_llmcache_backwards_compat": "compares two places that RedisVL itself is imported from",
    "test_get_async_index": "_get_async_index() opens a connection to Redis",
    "test_get_async_index_from_provided_client": "makes an index again through a Redis client",
    "test_cache_with_filters": "reads _index.schema, that of a Redis index",
    "test_create_cache_with_different_vector_types": "has distances of another embedding model, "
    "that of all-MiniLM-L6-v2 from 'bfloat16 prompt' to 'float prompt' is 0.65",
    "test_cache_disconnect": "reads _index.client, a Redis client",
    "test_create_index_false_works_under_a_read_write_acl": "makes a user of Redis",
    "test_create_index_false_can_invalidate_but_not_drop": "makes a user of Redis",
    "test_cache_initialization": "takes a Redis client from one cache to another",
    "test_make_entry_id": "expects the hash of 'content:model', in which other pairs are the same",
    "test_sync_methods_warn_with_async_only_client": "is about two kinds of Redis clients",
}
