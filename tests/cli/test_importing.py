"""`nearhit import` against a real server, interruptions included."""

import json
import os
from functools import partialmethod

import pytest

import nearhit
from nearhit_server.cli import import_run

LINES = 10


@pytest.fixture
def file(tmp_path):
    """Ten good lines."""
    path = tmp_path / "entries.jsonl"
    path.write_text("".join(line(number) for number in range(1, LINES + 1)))
    return path


@pytest.fixture
def sidecar(file):
    return file.with_name(file.name + ".nearhit-import")


@pytest.fixture
def small_batches(monkeypatch):
    """Three lines a batch."""
    read = import_run.read_batches
    monkeypatch.setattr(
        import_run, "read_batches", lambda *arguments: read(*arguments, batch_lines=3)
    )


@pytest.fixture
def sent(monkeypatch, small_batches):
    """The prompts that were sent, call by call; `fail` breaks one."""
    calls = Calls(nearhit.Client.store_many)
    monkeypatch.setattr(nearhit.Client, "store_many", partialmethod(_through, calls.store_many))
    return calls


def _through(client, call, *arguments, **options):
    return call(client, *arguments, **options)


class Calls:
    def __init__(self, store_many):
        self.really = store_many
        self.prompts = []
        self.failures = {}

    def fail(self, number, error):
        """The call of that number raises the error."""
        self.failures[number] = error

    def store_many(self, client, entries, **options):
        self.prompts.append([entry.prompt for entry in entries])
        if failure := self.failures.pop(len(self.prompts), None):
            raise failure
        return self.really(client, entries, **options)


def line(number, **fields):
    return json.dumps({"prompt": f"prompt {number}", "response": str(number), **fields}) + "\n"


def test_import_stores_every_line(run, client, file, sidecar):
    result = run("import", file, "--json")

    assert result.exit_code == 0
    expected = {"imported": 10, "replaced": 0, "exact_only": 0, "skipped": 0}
    assert json.loads(result.stdout) == expected
    assert client.get_cache().entry_count == LINES
    assert not sidecar.exists()


def test_import_counts_replaced_and_exact_only_when_there_are_some(run, file):
    with file.open("a") as more:
        more.write(line(1) + line("word " * 600))

    assert run("import", file).stdout == (
        "imported 12 entries (1 replaced, 1 exact only), skipped 0 lines\n"
    )


def test_import_reports_and_skips_when_lines_are_bad(run, client, tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text(line(1) + "\nnonsense\n" + line(4, ttl=1) + line(" " * 7) + line(6, prompt=" "))

    result = run("import", file)

    assert result.exit_code == 1
    assert result.stdout == "imported 2 entries (0 replaced, 0 exact only), skipped 3 lines\n"
    reports = result.stderr.splitlines()
    assert reports[0].startswith(f"nearhit: {file}:3: not JSON")
    assert reports[1:] == [
        f"nearhit: {file}:4: unknown key 'ttl'",
        f"nearhit: {file}:6: prompt: is empty or blank",
    ]
    assert client.get_cache().entry_count == 2


def test_import_reads_standard_input_when_file_is_a_dash(run, client):
    assert run("import", "-", input=line(1) + line(2)).exit_code == 0
    assert client.get_cache().entry_count == 2


def test_import_continues_when_it_was_interrupted(run, client, file, sidecar, sent):
    sent.fail(3, KeyboardInterrupt())

    interrupted = run("import", file)
    assert interrupted.exit_code == 130
    assert interrupted.stderr == "nearhit: the same command continues at line 7\n"
    assert sidecar.exists()

    resumed = run("import", file)
    assert resumed.exit_code == 0
    assert resumed.stderr == "nearhit: continuing at line 7\n"
    assert resumed.stdout == "imported 10 entries (0 replaced, 0 exact only), skipped 0 lines\n"
    assert sent.prompts[3] == ["prompt 7", "prompt 8", "prompt 9"]
    assert client.get_cache().entry_count == LINES
    assert not sidecar.exists()


def test_import_says_how_to_go_on_when_server_goes_away(run, file, sent, server_address):
    sent.fail(2, nearhit.UnavailableError("Connection refused"))

    result = run("import", file)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"nearhit: no server answers at {server_address}; ")
    assert result.stderr.endswith("; the same command continues at line 4\n")


def test_import_exits_1_when_lines_were_skipped_before_the_interruption(run, file, sent):
    file.write_text("nonsense\n" + file.read_text())
    sent.fail(2, KeyboardInterrupt())
    run("import", file)

    result = run("import", file)

    assert result.exit_code == 1
    assert "skipped 1 line" in result.stdout


@pytest.mark.parametrize("change", ["file", "cache", "broken"])
def test_import_begins_anew_with_a_notice_when_sidecar_does_not_fit(
    run, client, file, sidecar, sent, change
):
    sent.fail(3, KeyboardInterrupt())
    run("import", file)
    if change == "file":
        os.utime(file, (1, 1))
    elif change == "cache":
        client.delete_cache(client.cache)
        client.create_cache(client.cache)
    else:
        sidecar.write_text("{")

    result = run("import", file)

    assert result.exit_code == 0
    assert result.stderr.endswith("so the import begins at the first line\n")
    assert client.get_cache().entry_count == LINES


def test_import_begins_anew_when_restart_is_given(run, client, file, sent):
    sent.fail(3, KeyboardInterrupt())
    run("import", file)
    client.flush()

    result = run("import", file, "--restart")

    assert result.stderr == ""
    assert client.get_cache().entry_count == LINES


def test_import_goes_on_without_sidecar_when_it_cannot_be_written(run, client, file, sidecar):
    sidecar.with_name(sidecar.name + ".new").mkdir()

    result = run("import", file)

    assert result.exit_code == 0
    assert "an interruption will begin anew" in result.stderr
    assert client.get_cache().entry_count == LINES


@pytest.mark.parametrize(("name", "cause"), [("none", "No such file"), (".", "Is a directory")])
def test_import_fails_when_file_cannot_be_read(run, tmp_path, name, cause):
    result = run("import", tmp_path / name)

    assert result.exit_code == 1
    assert cause in result.stderr
