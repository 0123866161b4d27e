"""Prompts that have no vector, over LangCache's API, whose default strategy is semantic."""

import pytest

from sdks.test_contract import told

UNREADABLE = {
    "prompt_has_unknown_tokens": "How do I reset my password? 🙏",
    "prompt_exceeds_window": "a long question " * 200,
}


@pytest.mark.parametrize("reason", UNREADABLE)
async def test_unreadable_prompt_is_found_as_it_is(http, reason):
    prompt = UNREADABLE[reason]
    stored = told(await http.post("entries", json={"prompt": prompt, "response": "r"}), 201)
    assert stored["exactOnlyReason"] == reason
    found = told(await http.post("entries/search", json={"prompt": prompt}))
    assert [entry["searchStrategy"] for entry in found["data"]] == ["exact"]


@pytest.mark.parametrize("reason", UNREADABLE)
async def test_search_that_asks_for_the_semantic_strategy_alone_gets_no_other(http, reason):
    prompt = UNREADABLE[reason]
    await http.post("entries", json={"prompt": prompt, "response": "r"})
    body = {"prompt": prompt, "searchStrategies": ["semantic"]}
    missed = told(await http.post("entries/search", json=body))
    assert missed == {"data": [], "hit": False, "exactOnlyReason": reason}


async def test_readable_prompt_has_no_reason(http):
    body = {"prompt": "How do I reset my password?"}
    stored = told(await http.post("entries", json=body | {"response": "r"}), 201)
    assert "exactOnlyReason" not in stored | told(await http.post("entries/search", json=body))
