"""`nearhit tune`: over the real model, in processes of their own, because each decides how all
that runs there writes its log; and what it says when it cannot run."""

import json
import subprocess
import sys
from random import Random

import pytest
from typer.testing import CliRunner

import nearhit
from nearhit_server.cli import app, bench_files

# Each starts the command anew, with its models.
pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "nearhit_server", "tune"]

_ACTIONS = ("cancel", "return", "insure", "track", "pay for", "change", "renew", "share")
_THINGS = ("a parcel", "my subscription", "the booking", "a refund", "an invoice", "my password")


def lines(count):
    """Labelled pairs: the same question in other words, or another question."""
    random = Random(1)
    for number in range(count):
        action, other = random.sample(_ACTIONS, 2)
        thing = random.choice(_THINGS)
        stored = f"how can i {action if number % 2 else other} {thing} in shop {number}"
        yield f"{number % 2}\twhat is the way to {action} {thing} in shop {number}\t{stored}"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines(200)) + "\n")
    return path


def tune(*arguments):
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True)


def alone(*arguments):
    """The command in this process, without a server."""
    runner = CliRunner()
    return runner.invoke(app, ["tune", *map(str, arguments)], catch_exceptions=False)


def test_file_of_pairs_is_tuned_on(file, tmp_path):
    to, page = tmp_path / "tune.json", tmp_path / "tune.html"

    done = tune(file, "--json", to, "--html", page, "--data-dir", tmp_path / "data")

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"{file}: 200 pairs, of which 100 equivalent; model all-MiniLM-L6-v2." in done.stdout
    assert "false-positive rate" in done.stdout
    assert "For a false-hit rate of at most 0.02" in done.stdout
    record = json.loads(to.read_text())
    assert record["tuned_on"]["pairs"] == record["held_out"]["pairs"] == 100
    assert record["ways"][0]["name"] == "threshold only"
    assert page.read_text().startswith("<!doctype html>")
    assert "what is the way to" in page.read_text()


def test_reports_about_a_cache_are_tuned_on_and_json_alone_is_printed(
    client, environment, cache_id, tmp_path
):
    pairs = [line.split("\t") for line in lines(40)]
    entries = client.store_many([nearhit.NewEntry(stored, "yes") for _, _, stored in pairs])
    for entry, (label, prompt, _) in zip(entries, pairs, strict=True):
        client.report_hit(entry.entry_id, prompt, ("wrong", "right")[int(label)])

    done = tune(
        *("--reports", "--target", environment["NEARHIT_TARGET"], "--cache", cache_id),
        *("--json", "-", "--seed", "7", "--max-false-hit-rate", "0.5", "--data-dir", tmp_path),
    )

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["source"] == f"cache {cache_id}"
    assert record["from_reports"]
    assert record["model"] == "all-MiniLM-L6-v2"
    assert (record["seed"], record["max_false_hit_rate"]) == (7, 0.5)
    assert record["tuned_on"]["pairs"] + record["held_out"]["pairs"] == 40
    assert record["tuned_on"]["equivalent"] + record["held_out"]["equivalent"] == 20


def test_cache_without_reports_is_said_in_one_sentence(run, cache_id):
    result = run("tune", "--reports")
    assert result.exit_code == 1
    assert result.stderr == f"nearhit: nothing was reported about the hits of cache {cache_id}\n"


def test_cache_without_a_model_needs_one_to_be_named(run, client, cache_id):
    client.create_cache(f"{cache_id}-vectors", dimension=4)
    result = run("tune", "--reports", "--cache", f"{cache_id}-vectors")
    assert result.exit_code == 1
    assert "has no model, as its callers bring vectors; name one with --model" in result.stderr


def test_cache_that_is_not_there_is_said_in_one_sentence(run):
    result = run("tune", "--reports", "--cache", "no-such-cache")
    assert result.exit_code == 1
    assert result.stderr.startswith("nearhit: ")
    assert "no-such-cache" in result.stderr


def test_server_that_does_not_answer_is_said_in_one_sentence():
    result = alone("--reports", "--target", "127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr.startswith("nearhit: no server answers at 127.0.0.1:1; start one")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", ": holds no pairs"),
        (b"1\ta\tb\n1\ta\t\xff\n", ": line 2: is not valid UTF-8"),
        (b"1\ta\tb\nperhaps\ta\tb\n", ": line 2: the label is 'perhaps', neither 1 (equivalent) "),
        (b"1\ta\n", ": line 1: columns: 2 instead of 3"),
        (b"1\ta\tb\n0\tc\td\n1\te\tf\n", ": only 2 of 3 pairs are equivalent; it takes at least"),
        (b"0\ta\tb\n" * 50, ": none of 50 pairs are equivalent; it takes at least 20, and "),
        (b"1\ta\tb\n0\ta\tb\n" * 50, ": so many pairs have prompts in common that they cannot"),
    ],
)
def test_pairs_that_cannot_be_used_are_said_in_one_sentence(tmp_path, content, problem):
    path = tmp_path / "pairs.tsv"
    path.write_bytes(content)
    result = alone(path)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"nearhit: {path}{problem}")
    assert result.stderr.count("\n") == 1


def test_file_that_is_not_there_is_said_in_one_sentence(tmp_path):
    result = alone(tmp_path / "nowhere.tsv")
    assert result.exit_code == 1
    assert result.stderr == f"nearhit: {tmp_path}/nowhere.tsv: No such file or directory\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "give either a file or --reports"),
        (("pairs.tsv", "--reports"), "give either a file or --reports"),
        (("pairs.tsv", "--max-false-hit-rate", "0.6"), "'0.6' is no number from 0.001 to 0.5"),
        (("pairs.tsv", "--max-false-hit-rate", "0"), "'0' is no number from 0.001 to 0.5"),
        (("pairs.tsv", "--max-false-hit-rate", "nan"), "'nan' is no number from 0.001 to 0.5"),
        (("pairs.tsv", "--max-false-hit-rate", "few"), "'few' is no number from 0.001 to 0.5"),
        (("pairs.tsv", "--seed", "-1"), "--seed"),
    ],
)
def test_options_that_make_no_sense_are_usage_errors(arguments, complaint):
    result = alone(*arguments)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_output_that_cannot_be_written_is_said_before_anything_is_read(tmp_path, option):
    result = alone("nowhere.tsv", option, tmp_path / "nowhere" / "file")
    assert result.exit_code == 1
    assert result.stderr == f"nearhit: {tmp_path}/nowhere/file: No such file or directory\n"


def test_page_without_matplotlib_is_said_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_files, "find_spec", lambda module: None)
    result = alone("nowhere.tsv", "--html", tmp_path / "page.html")
    assert result.exit_code == 1
    assert result.stderr == (
        'nearhit: --html needs the extra bench; run: pip install "nearhit[server,bench]"\n'
    )
