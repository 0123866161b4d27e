"""NearhitCache: which prompts are the same, how many are kept and for how long."""

from datetime import timedelta

import pytest
from langchain_core.outputs import Generation

import nearhit
from nearhit.integrations.langchain import NearhitCache
from polling import until


def answer(text):
    return [Generation(text=text)]


@pytest.fixture
async def cache(target, cache_id):
    async with NearhitCache(target, cache=cache_id) as cache:
        yield cache


async def kept(cache, prompts):
    return "".join([prompt for prompt in prompts if await cache.alookup(prompt, "llm")])


ODD = {
    "empty": "",
    "blank": " \n",
    "nul": "a\0b",
    "half a pair": "\ud83e",
    "emoji": "🦊",
    "long": "x" * 100_000,
    "longer": "x" * 100_001,
    "lower": "us",
    "upper": "US",
    "padded": "us ",
    "composed": "é",
    "decomposed": "e\u0301",
}


async def test_odd_prompts_never_answer_for_each_other(cache):
    for name, prompt in ODD.items():
        await cache.aupdate(prompt, "llm", answer(name))
    for name, prompt in ODD.items():
        assert await cache.alookup(prompt, "llm") == answer(name)


async def test_prompt_and_llm_string_are_a_pair(cache):
    await cache.aupdate("ab", "c", answer("one"))
    assert await cache.alookup("a", "bc") is None
    assert await cache.alookup("ab", "C") is None
    assert await cache.alookup("ab", "\ud800") is None


async def test_update_replaces(make_cache):
    async with make_cache() as cache:
        await cache.aupdate("a", "llm", answer("old"))
        await cache.aupdate("a", "llm", answer("new"))
        assert await cache.alookup("a", "llm") == answer("new")


async def test_oldest_goes_when_there_are_more_than_maxsize(target, cache_id):
    async with NearhitCache(target, cache=cache_id, maxsize=3) as cache:
        for prompt in "abc":
            await cache.aupdate(prompt, "llm", answer(prompt))
        # Updating what is there costs no entry its place, and reading saves none: the oldest is
        # read last.
        await cache.aupdate("c", "llm", answer("new"))
        assert await kept(cache, "cba") == "cba"
        await cache.aupdate("d", "llm", answer("d"))
        assert await kept(cache, "dcba") == "dcb"
        assert await cache.alookup("c", "llm") == answer("new")
        assert await cache.alookup("b", "llm") == answer("b")
        await cache.aupdate("e", "llm", answer("e"))
        assert await kept(cache, "edcba") == "edc"


async def test_models_do_not_share_an_entry_when_there_is_a_maxsize(target, cache_id):
    async with NearhitCache(target, cache=cache_id, maxsize=9) as cache:
        await cache.aupdate("a", "one", answer("1"))
        assert await cache.alookup("a", "other") is None
        await cache.aupdate("a", "other", answer("2"))
        assert await cache.alookup("a", "one") == answer("1")


@pytest.mark.parametrize("maxsize", [None, 5])
async def test_answer_expires_after_its_ttl(target, cache_id, maxsize):
    options = {"cache": cache_id, "maxsize": maxsize}
    async with (
        NearhitCache(target, **options) as stays,
        NearhitCache(target, **options, ttl=0.5) as goes,
    ):
        await stays.aupdate("a", "llm", answer("a"))
        await goes.aupdate("b", "llm", answer("b"))
        assert await kept(goes, "ab") == "ab"

        async def gone():
            return await goes.alookup("b", "llm") is None

        await until(gone)
        assert await kept(goes, "ab") == "a"


async def test_ttl_may_be_a_timedelta(target, make_cache, cache_id):
    async with (
        make_cache(ttl=timedelta(hours=1)) as cache,
        nearhit.AsyncClient(target, cache=cache_id) as client,
    ):
        await cache.aupdate("a", "llm", answer("a"))
        assert [entry.ttl async for entry in client.list_entries()] == [timedelta(hours=1)]


@pytest.mark.parametrize("ttl", [0, -1, timedelta()])
def test_ttl_has_to_be_positive(kind, ttl):
    with pytest.raises(ValueError, match="ttl"):
        kind(ttl=ttl)


@pytest.mark.parametrize("maxsize", [0, -1])
def test_maxsize_has_to_be_positive(maxsize):
    with pytest.raises(ValueError, match="maxsize must be greater than 0"):
        NearhitCache(maxsize=maxsize)


def test_types_of_options_are_checked():
    with pytest.raises(TypeError, match="ttl"):
        NearhitCache(ttl="60")
    for maxsize in (1.5, True):
        with pytest.raises(TypeError):
            NearhitCache(maxsize=maxsize)
    with pytest.raises(ValueError, match="on_error"):
        NearhitCache(on_error="ignore")
    with pytest.raises(ValueError, match="api_key"):
        NearhitCache(api_key="two words")


async def test_clear_leaves_the_entries_of_others(target, make_cache, cache_id):
    async with make_cache() as cache, nearhit.AsyncClient(target, cache=cache_id) as client:
        await cache.aupdate("a", "one", answer("a"))
        await cache.aupdate("a", "other", answer("b"))
        await client.store("mine", "mine", attributes={"owner": "me"})
        await cache.aclear(llm_string="one")
        assert await cache.alookup("a", "one") is None
        assert await cache.alookup("a", "other") == answer("b")
        await cache.aclear()
        assert await cache.alookup("a", "other") is None
        assert [entry.prompt async for entry in client.list_entries()] == ["mine"]


async def test_clear_makes_no_cache(target, make_cache, cache_id):
    async with make_cache() as cache, nearhit.AsyncClient(target) as client:
        await cache.aclear()
        assert cache_id not in [found.cache_id async for found in client.list_caches()]


async def test_cache_is_made_again_when_somebody_removed_it(target, make_cache, cache_id):
    async with make_cache() as cache, nearhit.AsyncClient(target) as client:
        await cache.aupdate("a", "llm", answer("a"))
        await client.delete_cache(cache_id)
        assert await cache.alookup("a", "llm") is None
        await client.delete_cache(cache_id)
        await cache.aupdate("a", "llm", answer("b"))
        assert await cache.alookup("a", "llm") == answer("b")


async def test_cache_is_not_made_when_it_must_not_be(make_cache):
    async with make_cache(create=False) as cache:
        with pytest.raises(nearhit.NotFoundError):
            await cache.alookup("a", "llm")


async def test_cache_that_cannot_serve_is_refused(target, cache_id):
    async with nearhit.AsyncClient(target) as client:
        await client.create_cache(cache_id)
        await client.create_cache(f"{cache_id}-9", strategies=["exact"], max_entries=9)
        async with NearhitCache(target, cache=cache_id, on_error="miss") as cache:
            with pytest.raises(ValueError, match="searches by similarity"):
                await cache.alookup("a", "llm")
        async with NearhitCache(target, cache=f"{cache_id}-9", maxsize=3) as cache:
            with pytest.raises(ValueError, match="max_entries 9, not 3"):
                await cache.aupdate("a", "llm", answer("a"))
        async with NearhitCache(target, cache=f"{cache_id}-9") as cache:
            assert await cache.alookup("a", "llm") is None
