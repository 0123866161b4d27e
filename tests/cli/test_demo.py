"""`nearhit demo` against a real server: every label has to be true."""

import json
import re

import pytest

import nearhit
from nearhit_server.cli.demo import DEMO_CACHE
from nearhit_server.cli.demo_searches import demo_entries

EXPECTED = {
    "  how do i RESET my password?  ": ("HIT exact", "How do I reset my password?"),
    "How can I change a forgotten password?": ("HIT semantic", "How do I reset my password?"),
    "Where can I get my invoices?": ("HIT semantic", "Where can I download my invoices?"),
    "What can I replace buttermilk with?": (
        "HIT semantic",
        "What can I use instead of buttermilk?",
    ),
    "how to undo the last git commit and keep the changes": (
        "HIT semantic",
        "How do I undo the last commit in git but keep my changes?",
    ),
    "How many hours of sleep do adults need?": (
        "HIT semantic",
        "How many hours of sleep does an adult need?",
    ),
    "What is the distance to the Moon?": ("HIT semantic", "How far away is the Moon?"),
    "Do you ship to Norway?": ("near miss", None),
    "What is the capital of Austria?": ("near miss", None),
    "Which is the longest river in Europe?": ("near miss", None),
    "Can you recommend a good jazz album?": ("miss", None),
}


def test_every_answer_of_the_demo_is_right(run):
    shown = json.loads(run("demo", "--json").stdout)

    rows = {row["asked"]: (row["outcome"], row["matched_prompt"]) for row in shown["searches"]}
    assert rows == EXPECTED
    assert shown["loaded"] == len(demo_entries())


def test_demo_prints_a_table_and_leaves_nothing_behind(run, client):
    result = run("demo")

    assert result.exit_code == 0
    for shown in ("HIT exact", "HIT semantic", "near miss", "About 384,400"):
        assert shown in result.stdout
    # The last digits are the processor's business.
    similarities = [float(found) for found in re.findall(r"0\.\d{4}", result.stdout)]
    assert min(abs(similarity - 0.846) for similarity in similarities) < 0.003
    assert "\x1b" not in result.stdout
    with pytest.raises(nearhit.NotFoundError):
        client.get_cache(DEMO_CACHE)


def test_demo_uses_the_cache_again_when_it_was_kept(run, client, server_address):
    kept = run("demo", "--keep")
    assert f"nearhit search --target {server_address} --cache {DEMO_CACHE}" in kept.stdout
    assert client.get_cache(DEMO_CACHE).entry_count == len(demo_entries())

    assert run("demo").exit_code == 0
    with pytest.raises(nearhit.NotFoundError):
        client.get_cache(DEMO_CACHE)


def test_demo_entries_have_no_prompt_twice():
    prompts = [entry.prompt.casefold() for entry in demo_entries()]
    assert len(prompts) == len(set(prompts)) >= 36
