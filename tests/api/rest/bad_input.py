"""Bodies and queries that are refused, and the fields at fault."""

import json

ENTRIES = "/v1/caches/default/entries"
SEARCH = f"{ENTRIES}/search"
CONVERSATION = "/v1/caches/default/conversations/search"
CACHES = "/v1/admin/caches"
PATCH = f"{CACHES}/default"
REPORTS = f"{ENTRIES}/{'0' * 32}/reports"
KEYS = "/v1/admin/keys"
ROTATE = f"{KEYS}/{'0' * 16}/rotate"

GOOD = {
    ("POST", SEARCH): {"prompt": "p"},
    ("POST", CONVERSATION): {"prompt": "p", "context": ["c"]},
    ("POST", ENTRIES): {"prompt": "p", "response": "r"},
    ("DELETE", ENTRIES): {"attributes": {"a": "b"}},
    ("POST", REPORTS): {"prompt": "p", "verdict": "right"},
    ("POST", CACHES): {"cacheId": "bad"},
    ("PATCH", PATCH): {"similarityThreshold": 0.5},
    ("POST", KEYS): {"scopes": ["read"]},
    ("POST", ROTATE): {"gracePeriodMillis": 1},
}
"""A good body for every operation that takes one. (There is no such key nor entry, but bodies come
first.)"""

NO_BODIES = {
    "no JSON": b"prompt=p",
    "an array": b"[]",
    "a string": b'"prompt"',
    "null": b"null",
    "a number": b"0",
    "cut off": b'{"prompt": "p"',
    "more behind": b'{"prompt": "p"} {}',
    "single quotes": b"{'prompt': 'p'}",
    "a comma too many": b'{"prompt": "p",}',
    "a comment": b'{"prompt": "p" /* p */}',
    "bytes that are no UTF-8": b'{"prompt": "\xff"}',
    "a surrogate as bytes": b'{"prompt": "\xed\xa0\x80"}',
    "a byte order mark": b'\xef\xbb\xbf{"prompt": "p"}',
    "UTF-16": '{"prompt": "p"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"prompt": "p"}'.encode("utf-16-be"),
    "a NUL": b'{"prompt": "a\0b"}',
    "NUL only": b"\0" * 9,
    "objects in objects": b'{"prompt":' * 4_000 + b"1" + b"}" * 4_000,
    "arrays in arrays": b"[" * 100_000,
    "an integer of 5,000 digits": b'{"maxResults": ' + b"9" * 5_000 + b"}",
    "100,000 fields": json.dumps({f"field{n}": n for n in range(100_000)}).encode(),
    "100,000 objects": b'{"prompt": [' + b"{}," * 100_000 + b"0]}",
    "100,000 numbers": b"[" + b"0," * 100_000 + b"0]",
}


def body(route, **changes):
    return json.dumps(GOOD[route] | changes).encode()


search = ("POST", SEARCH)
conversation = ("POST", CONVERSATION)
store = ("POST", ENTRIES)
delete = ("DELETE", ENTRIES)
report = ("POST", REPORTS)
create = ("POST", CACHES)
patch = ("PATCH", PATCH)
new_key = ("POST", KEYS)
rotate = ("POST", ROTATE)

HALF = "\ud800"

FAULTS = [
    *[
        (search, body(search, prompt=prompt), "prompt")
        for prompt in ("", " \n\x1c\x85", "x" * 8_193, "a\0b", None, 1, True, ["p"], {}, HALF)
    ],
    (search, b"", "prompt"),
    (search, b"{}", "prompt"),
    (search, b'{"prompt":' * 500 + b"1" + b"}" * 500, "prompt"),
    (search, b'{"prompt": "p", "prompt": "q"}', "prompt"),
    (search, b'{"prompt": "p", "\\u0070rompt": "p"}', "prompt"),
    *[
        (search, body(search, similarityThreshold=threshold), "similarityThreshold")
        for threshold in ("0.9", -0.1, 1.1, float("nan"), float("inf"), True, None, [0.9], 10**299)
    ],
    (search, b'{"prompt": "p", "similarityThreshold": 1e999}', "similarityThreshold"),
    (search, body(search, searchStrategies=["exact", "fuzzy"]), "searchStrategies[1]"),
    (search, body(search, searchStrategies=["EXACT"]), "searchStrategies[0]"),
    (search, body(search, searchStrategies=[None]), "searchStrategies[0]"),
    *[
        (search, body(search, searchStrategies=strategies), "searchStrategies")
        for strategies in ("exact", None, {}, ["exact"] * 2, ["exact"] * 3)
    ],
    *[
        (search, body(search, maxResults=count), "maxResults")
        for count in (0, 101, 1.5, "1", True, None, 10**299, -1)
    ],
    *[
        (search, body(search, attributes=attributes), "attributes")
        for attributes in (None, [], "a", {str(n): "v" for n in range(17)})
    ],
    *[
        (search, body(search, attributes={"a": value}), "attributes['a']")
        for value in ("", "x" * 501, "a\0b", None, 1, True, {}, HALF)
    ],
    *[
        (search, body(search, attributes={name: "v"}), f"attributes[{name[:64]!r}]")
        for name in ("", "a b", "ü", "a.b", "x" * 65, "x" * 10_000)
    ],
    (search, b'{"prompt": "p", "attributes": {"a": "b", "a": "b"}}', "attributes['a']"),
    (search, b'{"prompt": "p", "attributes": {}, "attributes": {}}', "attributes"),
    (search, b'{"prompt": "p", "x": 1, "x": 2}', "x"),
    (search, body(search, similarity_threshold=0.9), "similarity_threshold"),
    (search, body(search, context=[]), "context"),
    (search, body(search, **{"x" * 10_000: 1}), "x" * 64),
    (conversation, body(conversation, context="c"), "context"),
    (conversation, body(conversation, context=["c"] * 33), "context"),
    (conversation, body(conversation, context=["c", None]), "context[1]"),
    (conversation, body(conversation, context=["a\0b"]), "context[0]"),
    (conversation, body(conversation, context=[HALF]), "context[0]"),
    (conversation, body(conversation, context=["x" * 8_193]), "context[0]"),
    *[
        (store, body(store, response=response), "response")
        for response in (None, 1, ["r"], "a\0b", HALF, "ü" * (1 << 19) + "x")
    ],
    (store, b'{"prompt": "p"}', "response"),
    *[
        (store, body(store, ttlMillis=ttl), "ttlMillis")
        for ttl in (0, -1, 31_556_952_001, 1.5, "1", None, True)
    ],
    (store, body(store, maxResults=1), "maxResults"),
    (delete, b"", "attributes"),
    (delete, b"{}", "attributes"),
    (delete, b'{"attributes": {}}', "attributes"),
    (delete, b'{"attributes": null}', "attributes"),
    (delete, b'{"attributes": {"a": null}}', "attributes['a']"),
    (delete, b'{"attributes": {"a": ""}}', "attributes['a']"),
    (delete, b'{"attributes": {"a b": "c"}}', "attributes['a b']"),
    *[
        (report, body(report, verdict=verdict), "verdict")
        for verdict in ("RIGHT", "", "unspecified", None, True, 1, ["right"])
    ],
    *[
        (report, body(report, prompt=prompt), "prompt")
        for prompt in ("", " \n\x1c\x85", "x" * 8_193, "a\0b", None, 1, HALF)
    ],
    (report, b"{}", "verdict"),
    (report, body(report, entryId="0" * 32), "entryId"),
    *[
        (create, body(create, cacheId=cache_id), "cacheId")
        for cache_id in ("", "A", "a b", "x" * 65, "a/b", "-a", "a\n", None, 1)
    ],
    (create, b"{}", "cacheId"),
    (create, body(create, allowFlush=True), "allowFlush"),
    (create, body(create, model="nothing-like-it"), "model"),
    (create, body(create, model=HALF), "model"),
    (create, body(create, dimension=0), "dimension"),
    (create, body(create, dimension=4_097), "dimension"),
    (create, body(create, dimension=17, model="tiny"), "dimension"),
    (create, body(create, similarityThreshold=-1.5), "similarityThreshold"),
    (create, body(create, defaultTtlMillis=0), "defaultTtlMillis"),
    (create, body(create, defaultTtlMillis=1 << 60), "defaultTtlMillis"),
    (create, body(create, ttlRefreshOnHit="true"), "ttlRefreshOnHit"),
    (create, body(create, searchStrategies=["exact", "exact"]), "searchStrategies"),
    (create, body(create, longPrompts="split"), "longPrompts"),
    (create, body(create, maxEntries=0), "maxEntries"),
    (create, body(create, maxEntries=1 << 53), "maxEntries"),
    (create, body(create, attributes={"year": "number"}), "attributes['year']"),
    (create, body(create, attributes={"a b": "tag"}), "attributes['a b']"),
    (create, body(create, attributes={str(n): "tag" for n in range(17)}), "attributes"),
    (create, body(create, restrictAttributes=0), "restrictAttributes"),
    (create, body(create, verification="FULL"), "verification"),
    (create, body(create, shadow="yes"), "shadow"),
    *[
        (create, body(create, maxFalseHitRate=rate), "maxFalseHitRate")
        for rate in (0, 0.0009, 0.51, -0.1, float("nan"), "0.02", True)
    ],
    (create, body(create, maxFalseHitRate=0.02, verification="off"), "maxFalseHitRate"),
    (patch, b"", "body"),
    (patch, b"{}", "body"),
    (patch, b'{"allowFlush": true}', "body"),
    (patch, body(patch, allowFlush=None), "allowFlush"),
    (patch, body(patch, cacheId="default"), "cacheId"),
    (patch, body(patch, dimension=3), "dimension"),
    *[
        (new_key, body(new_key, scopes=scopes), "scopes")
        for scopes in ([], None, "read", ["read", "read"], ["read"] * 4)
    ],
    (new_key, b"{}", "scopes"),
    (new_key, body(new_key, scopes=["root"]), "scopes[0]"),
    (new_key, body(new_key, caches=["default", "A"]), "caches[1]"),
    (new_key, body(new_key, caches=["default"] * 1_001), "caches"),
    (new_key, body(new_key, namespaces=["a b"]), "namespaces[0]"),
    (new_key, body(new_key, displayName="x" * 201), "displayName"),
    (new_key, body(new_key, displayName="a\0b"), "displayName"),
    *[
        (new_key, body(new_key, expiresAt=time_), "expiresAt")
        for time_ in (
            *("2020-01-01T00:00:00Z", "2030-01-01", "2030-01-01T00:00:00", "tomorrow", ""),
            *("2030-02-30T00:00:00Z", "2030-01-01T24:00:01Z", "1900000000", 1_900_000_000, None),
            *("9999-12-31T23:59:59-12:00", "2030-01-01T00:00:00+99:99", "2030-01-01 00:00:00Z"),
        )
    ],
    *[
        (rotate, body(rotate, gracePeriodMillis=period), "gracePeriodMillis")
        for period in (-1, 2_592_000_001, "1", None, 1.5)
    ],
]

QUERIES = [
    ("pageSize=-1", "pageSize"),
    ("pageSize=1001", "pageSize"),
    ("pageSize=many", "pageSize"),
    ("pageSize=", "pageSize"),
    ("pageSize=1.5", "pageSize"),
    (f"pageSize={'9' * 5_000}", "pageSize"),
    ("pageSize=1&pageSize=1", "pageSize"),
    ("pageToken=A%20B", "pageToken"),
    ("pageToken=%00", "pageToken"),
    ("pageToken=%FF", "query"),
    ("page_size=1", "page_size"),
    ("&".join(f"x{n}=1" for n in range(100)), "query"),
]
