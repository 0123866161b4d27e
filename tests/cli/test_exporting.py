"""`nearhit export` against a real server, interruptions included."""

import io
import json
import math
from datetime import UTC, datetime, timedelta
from functools import partialmethod

import pytest
import typer

import nearhit
from nearhit_server.cli import export_run
from nearhit_server.cli.progress import progress_bar

ENTRIES = 7


@pytest.fixture
def filled(client):
    """Seven entries of different kinds."""
    client.store("long " * 600, "exact only")
    client.store("ä 😀", "line\nend", metadata={"n": 2**70, "x": None}, ttl=timedelta(hours=1))
    for number in range(ENTRIES - 2):
        client.store(
            f"prompt {number}",
            str(number),
            attributes={"n": str(number), "a,b": "|"} if 0 else {"n": str(number)},
        )
    return client


@pytest.fixture
def file(tmp_path):
    return tmp_path / "out.jsonl"


@pytest.fixture
def pages(monkeypatch):
    """Three entries a page, and the pages that were asked for."""
    monkeypatch.setattr(export_run, "PAGE_ENTRIES", 3)
    asked = Pages(nearhit.Client.list_entries_page)
    monkeypatch.setattr(
        nearhit.Client, "list_entries_page", partialmethod(_through, asked.list_entries_page)
    )
    return asked


def _through(client, call, *arguments, **options):
    return call(client, *arguments, **options)


class Pages:
    def __init__(self, really):
        self.really = really
        self.sizes = []
        self.failures = {}

    def list_entries_page(self, client, page_token, *, page_size, **options):
        self.sizes.append(page_size)
        if failure := self.failures.pop(len(self.sizes), None):
            raise failure
        return self.really(client, page_token, page_size=page_size, **options)


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def contents(client):
    """What has to survive a round trip, but for the vectors."""
    return {
        entry.entry_id: (
            entry.prompt,
            entry.response,
            dict(entry.attributes),
            entry.metadata,
            entry.ttl,
        )
        for entry in client.list_entries()
    }


def vectors(client):
    return {
        entry.entry_id: list(entry.vector or ()) for entry in client.list_entries(with_vectors=True)
    }


@pytest.mark.parametrize("options", [[], ["--with-vectors"]])
def test_import_restores_what_export_wrote(run, filled, file, options):
    before, vectors_before = contents(filled), vectors(filled)
    result = run("export", file, *options)
    assert result.stdout == f"exported {ENTRIES} entries to {file}\n"
    filled.flush()

    assert run("import", file).exit_code == 0

    assert contents(filled) == before
    # The server normalises what it is given, which can change the last bit.
    for entry_id, components in vectors(filled).items():
        assert components == pytest.approx(vectors_before[entry_id], abs=1e-6)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.usefixtures("filled")
def test_export_writes_to_standard_output_when_no_file_is_named(run):
    result = run("export")

    assert len(records(result.stdout)) == ENTRIES
    assert result.stderr == ""


@pytest.mark.usefixtures("client")
def test_export_writes_an_empty_file_when_cache_is_empty(run, file):
    assert json.loads(run("export", file, "--json").stdout)["exported"] == 0
    assert file.read_bytes() == b""


@pytest.mark.usefixtures("filled")
def test_export_refuses_when_file_exists(run, file):
    file.write_text("precious")

    result = run("export", file)
    assert result.exit_code == 1
    assert result.stderr == f"nearhit: {file} exists; --overwrite replaces it\n"
    assert file.read_text() == "precious"

    assert run("export", file, "--overwrite").exit_code == 0
    assert len(records(file.read_text())) == ENTRIES


@pytest.mark.usefixtures("filled")
def test_export_continues_when_it_was_interrupted(run, file, pages):
    pages.failures[3] = KeyboardInterrupt()

    interrupted = run("export", file)
    assert interrupted.exit_code == 130
    assert interrupted.stderr == "nearhit: 6 entries written, the same command continues\n"
    assert not file.exists()
    part = file.with_name("out.jsonl.part")
    with part.open("a") as half_written:
        half_written.write('{"prompt": "hal')

    resumed = run("export", file)
    assert resumed.stderr == "nearhit: continuing after 6 entries\n"
    assert len(pages.sizes) == 4
    assert len({record["entry_id"] for record in records(file.read_text())}) == ENTRIES
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("change", ["options", "part", "flush"])
def test_export_begins_anew_with_a_notice_when_the_place_is_no_longer_right(
    run, filled, file, pages, change
):
    pages.failures[3] = nearhit.UnavailableError("Connection refused")
    assert "6 entries written, the same command continues" in run("export", file).stderr
    if change == "part":
        file.with_name("out.jsonl.part").write_text("")
    if change == "flush":
        filled.flush()
        filled.store("new", "new")

    result = run("export", file, *(["--with-vectors"] if change == "options" else []))

    assert result.exit_code == 0
    assert result.stderr.endswith("so the export begins anew\n")
    assert len(records(file.read_text())) == (1 if change == "flush" else ENTRIES)


@pytest.mark.usefixtures("filled")
def test_export_asks_for_smaller_pages_when_responses_are_too_large(run, pages):
    error = nearhit.ResourceExhaustedError("too large", reason="RESPONSE_TOO_LARGE")
    pages.failures[1] = error

    assert len(records(run("export").stdout)) == ENTRIES
    assert set(pages.sizes[1:]) == {1}


def test_sidecar_is_dropped_when_export_begins_anew(run, filled, file, pages):
    pages.failures[3] = KeyboardInterrupt()
    run("export", file)
    file.with_name("out.jsonl.part").write_text("")
    pages.failures[len(pages.sizes) + 1] = nearhit.UnavailableError("Connection refused")

    run("export", file)

    assert not file.with_name("out.jsonl.part.nearhit-export").exists()


def test_export_is_a_usage_error_when_json_is_asked_for_without_a_file(run):
    assert run("export", "--json").exit_code == 2


def test_export_fails_when_file_cannot_be_written(run, tmp_path):
    missing = tmp_path / "none" / "out.jsonl"
    assert "No such file" in run("export", missing).stderr
    assert run("export", tmp_path).stderr == f"nearhit: {tmp_path} is no file\n"


class OnePage:
    """A cache with one entry, whose metadata came as 1e999: JSON, and an infinity for Python."""

    def list_entries_page(self, page_token, **options):
        now = datetime(2026, 1, 2, tzinfo=UTC)
        entry = nearhit.Entry(
            entry_id="0123",
            prompt="p",
            response="r",
            attributes={},
            metadata={"n": math.inf},
            vector=None,
            created_at=now,
            updated_at=now,
            expires_at=None,
            ttl=None,
        )
        return nearhit.EntryPage((entry,), "")


def test_export_names_the_entry_when_its_metadata_are_no_json(capsys):
    export = export_run.ExportRun(
        client=OnePage(),
        file=io.BytesIO(),
        with_vectors=False,
        timeout_seconds=1,
        sidecar=None,
        progress=export_run.ExportProgress(),
    )

    with pytest.raises(typer.Exit), progress_bar("exporting", total=None) as bar:
        export.to_the_end(bar)

    assert "entry 0123 hold a number out of range" in capsys.readouterr().err
