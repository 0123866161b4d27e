"""`nearhit report`, `release`, `stats` and `shadow report` against a real server."""

import json
import time

import pytest

PROMPT = "How do I reset my password?"
PARAPHRASE = "How can I reset my password?"


@pytest.fixture
def stored(client):
    """One entry, by its id."""
    return client.store(PROMPT, "Use the link.").entry_id


def wait_for_shadow_searches(client, count):
    """They are recorded behind the answers."""
    give_up = time.monotonic() + 30
    while len(list(client.list_shadow_searches())) < count:
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_report_is_noted(run, client, stored):
    result = run("report", stored, "wrong", "--prompt", PARAPHRASE)

    assert (result.exit_code, result.stdout) == (0, f"noted for {stored}\n")
    (report,) = client.list_reports()
    assert (report.prompt, report.verdict.value) == (PARAPHRASE, "wrong")


def test_quarantined_entry_is_released(run, stored):
    told = [run("report", stored, "wrong", "--prompt", f"{n} passwords").stdout for n in range(3)]
    assert "is quarantined" in told[-1]
    assert run("search", PROMPT).stdout.startswith("miss")
    assert json.loads(run("export").stdout)["quarantined"] is True

    assert run("release", stored).stdout == f"released {stored}\n"
    assert "quarantined" not in json.loads(run("export").stdout)
    assert run("release", stored).stdout == f"was not quarantined: {stored}\n"
    assert run("search", PROMPT).stdout.startswith("hit")


def test_report_and_release_print_json_when_asked(run, stored):
    reported = run("report", stored, "right", "--prompt", PARAPHRASE, "--json")

    assert json.loads(reported.stdout) == {"quarantined": False}
    assert json.loads(run("release", stored, "--json").stdout) == {"released": False}


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "0" * 32, "perhaps", "--prompt", "p"),
        ("report", "0" * 32, "right"),
        ("report", "0" * 32),
        ("release",),
        ("shadow",),
        ("caches", "update", "default", "--verification", "half"),
        ("caches", "update", "default", "--max-false-hit-rate", "low"),
    ],
)
def test_command_exits_2_when_it_is_used_wrongly(run, arguments):
    result = run(*arguments)

    assert result.exit_code == 2
    assert "Usage: " in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report", "0" * 32, "right", "--prompt", "p"), f"there is no entry '{'0' * 32}'"),
        (("report", "zz", "right", "--prompt", "p"), "entry_id: does not match [0-9a-f]{32}"),
        (("report", "0" * 32, "right", "--prompt", " "), "prompt: is empty or blank"),
        (("release", "0" * 32), f"there is no entry '{'0' * 32}'"),
        (("stats", "--cache", "nowhere"), "there is no cache 'nowhere'"),
        (("shadow", "report", "--cache", "nowhere"), "there is no cache 'nowhere'"),
    ],
)
def test_command_exits_1_with_one_sentence_when_it_fails(run, arguments, message):
    result = run(*arguments)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"nearhit: {message}")
    assert result.stderr.count("\n") == 1


def test_stats_tell_what_was_reported(run, stored):
    run("report", stored, "right", "--prompt", PARAPHRASE)

    lines = dict(line.split(":", 1) for line in run("stats").stdout.splitlines())

    assert lines["reported"].strip() == "1 right, 0 wrong"
    assert lines["false-hit rate"].strip().startswith("0.0 %, between 0.0 % and")
    record = json.loads(run("stats", "--json").stdout)
    assert (record["reported_right"], record["quarantined_entries"]) == (1, 0)


def test_search_shows_confidence_and_candidate(run, client):
    client.store("The best films of 2023", "These.")

    hit = run("search", "The best films of 2023", "--json")
    refused = run("search", "The best films of 2024")
    miss = json.loads(run("search", "The best films of 2024", "--json").stdout)

    assert json.loads(hit.stdout)["matches"][0]["confidence"] == 1
    assert "differs in what decides: " in refused.stdout
    assert "prompt:" in refused.stdout
    assert "The best films of 2023" in refused.stdout
    assert (miss["candidate"]["reason"], miss["hit"]) == ("guard", False)


def test_settings_are_kept_and_shown(run, cache_id):
    change = ["--verification", "guard", "--max-false-hit-rate", "0.05", "--shadow"]
    run("caches", "update", cache_id, *change)

    shown = json.loads(run("caches", "show", cache_id, "--json").stdout)
    assert (shown["verification"], shown["max_false_hit_rate"]) == ("guard", 0.05)
    assert shown["shadow"] is True

    run("caches", "update", cache_id, "--max-false-hit-rate", "none", "--no-shadow")

    fields = run("caches", "show", cache_id).stdout.splitlines()
    lines = dict(line.split(":", 1) for line in fields)
    assert lines["max false hit rate"].strip() == "none"
    assert lines["shadow"].strip() == "no"


def test_shadow_report_sums_up_what_was_recorded(run, client, cache_id, stored):
    run("caches", "update", cache_id, "--shadow")
    for prompt in (PROMPT, PARAPHRASE, "What is the tallest mountain of Peru?"):
        client.search(prompt)
    wait_for_shadow_searches(client, 3)

    shown = run("shadow", "report").stdout
    record = json.loads(run("shadow", "report", "--json").stdout)

    assert (record["searches"], record["would_hit"]) == (3, 2)
    assert record["refusals"] == {"below_threshold": 1}
    assert {example["prompt"] for example in record["least_sure"]} == {PROMPT, PARAPHRASE}
    assert "would have hit:" in shown
    assert "2 (66.7 %)" in shown
    assert "What is the tallest mountain of Peru?" in shown


def test_shadow_report_of_nothing_says_so(run):
    lines = run("shadow", "report").stdout.splitlines()

    assert [line.split(":")[1].strip() for line in lines] == ["0", "0", "not known"]
