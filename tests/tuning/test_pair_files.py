"""Files of pairs, good and bad."""

import gzip
import json
import os

import pytest

from nearhit_server.tuning import pair_files
from nearhit_server.tuning.pair_files import read_pairs
from nearhit_server.tuning.pairs import Pair, PairsError, check_enough

ONE, OTHER = Pair("is it, or not?", "is it?", True), Pair('a "quoted" word', "ä 😀", False)


@pytest.fixture
def file(tmp_path):
    """Writes a file of a name."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def problem_of(path):
    with pytest.raises(PairsError) as raised:
        read_pairs(path)
    name, _, problem = str(raised.value).partition(f"{path}: ")
    assert name == ""
    return problem


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.tsv", '1\tis it, or not?\tis it?\n0\ta "quoted" word\tä 😀\n'),
        ("p.tsv", '\ufeff1\tis it, or not?\tis it?\r\n\r\nfalse\ta "quoted" word\tä 😀'),
        (
            "p.TSV",
            (
                "id\tquestion1\tquestion2\tis_duplicate\n"
                '7\tis it, or not?\tis it?\t1\n8\ta "quoted" word\tä 😀\t0\n'
            ),
        ),
        (
            "p.csv",
            (
                "Label,Prompt,Other,note\n"
                'yes,"is it, or not?",is it?,\nno,"a ""quoted"" word",ä 😀,x\n\n'
            ),
        ),
        (
            "p.jsonl",
            (
                '{"label": true, "prompt": "is it, or not?", "other": "is it?", "more": [1]}\n\n'
                '{"equivalent": 0, "first": "a \\"quoted\\" word", "second": "\\u00e4 😀"}\n'
            ),
        ),
        (
            "p.jsonl",
            (
                '{"verdict": "right", "prompt": "is it, or not?", "entry_prompt": "is it?"}\n'
                '{"label": "wrong", "prompt": "a \\"quoted\\" word", "stored": "ä 😀"}\n'
            ),
        ),
    ],
)
def test_pairs_are_read_whatever_the_format(file, name, content):
    assert read_pairs(file(name, content)) == [ONE, OTHER]
    assert read_pairs(file(f"{name}.gz", gzip.compress(content.encode()))) == [ONE, OTHER]


def test_quoted_cell_of_a_csv_may_hold_line_ends(file):
    path = file("p.csv", 'label,first,second\n1,"two\nlines",b\n9,a,b\n')
    assert problem_of(path).startswith("line 4: the label is '9'")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("p.tsv", "", "holds no pairs"),
        ("p.csv", "\n\n", "holds no pairs"),
        ("p.csv", "label,prompt,other\n", "holds no pairs"),
        ("p.jsonl", "\n", "holds no pairs"),
        ("p.tsv", "1\ta\n", "line 1: columns: 2 instead of 3"),
        ("p.tsv", "1\ta\tb\n1\ta\tb\tc\n", "line 2: columns: 4 instead of 3"),
        ("p.tsv", "1,a,b\n", "line 1: columns: 1 instead of 3"),
        ("p.tsv", "label\tprompt\n1\ta\n", "line 1: has nothing for the other: none of other, "),
        ("p.csv", "1,a,b\n0,c,d\n", "line 1: has nothing for the label: none of label, "),
        ("p.csv", "label,other\n", "line 1: has nothing for a prompt: none of prompt, "),
        ("p.csv", "label,prompt,other\n1,a, b, c\n", "line 2: columns: 4 instead of 3"),
        ("p.csv", "label,prompt,other\n1,a\n", "line 2: columns: 2 instead of 3"),
        ("p.csv", 'label,prompt,other\n1,"a,b\n', "line 2: is no CSV: unexpected end of data"),
        ("p.csv", 'label,prompt,other\n1,"a"b,c\n', "line 2: is no CSV: "),
        ("p.jsonl", '{"label": 1, "prompt": "a"}\n', "line 1: has nothing for the other: "),
        ("p.jsonl", "[1]\n", "line 1: is no JSON object"),
        ("p.jsonl", "{1\n", "line 1: is no JSON"),
        ("p.jsonl", "[" * 100_000 + "\n", "line 1: is no JSON"),
        ("p.jsonl", '{"label": 1, "prompt": 5, "other": "a"}\n', "line 1: a prompt is no text"),
        ("p.jsonl", '{"label": 1, "prompt": "\\ud800", "other": "a"}\n', "line 1: is not valid Un"),
        ("p.jsonl", '{"label": 2, "prompt": "a", "other": "b"}\n', "line 1: the label is '2'"),
        (
            "p.jsonl",
            '{"label": null, "prompt": "a", "other": "b"}\n',
            "line 1: the label is 'None'",
        ),
        ("p.jsonl", '{"label": [1], "prompt": "a", "other": "b"}\n', "line 1: the label is '[1]'"),
        ("p.jsonl", '{"label": 0.5, "prompt": "a", "other": "b"}\n', "line 1: the label is '0.5'"),
        ("p.tsv", "1\ta\tb\nmaybe\ta\tb\n", "line 2: the label is 'maybe', neither 1"),
        ("p.tsv", "\ta\tb\n", "line 1: the label is '', neither 1"),
        ("p.tsv", "1\ta\t \n", "line 1: a prompt is empty or blank"),
        ("p.tsv", "1\t\u2003\tb\n", "line 1: a prompt is empty or blank"),
        ("p.tsv", f"1\ta\t{'x' * 8_193}\n", "line 1: a prompt has 8,193 characters, more than"),
        ("p.tsv", "1\ta\tb\0c\n", "line 1: a prompt holds a NUL character"),
        ("p.tsv", b"1\ta\tb\n1\ta\t\xff\n", "line 2: is not valid UTF-8"),
        ("p.csv", b"label,prompt,other\n1,\xc3,b\n", "line 2: is not valid UTF-8"),
        ("p.tsv", "1\ta\tb\n" + "x" * ((1 << 20) + 1), "line 2: is longer than 1 MiB"),
        ("p.tsv.gz", "1\ta\tb\n", "is no gzip file, or a damaged one"),
        ("p.tsv.gz", gzip.compress(b"1\ta\tb\n" * 99)[:-9], "is no gzip file, or a damaged one"),
        ("p.txt", "1\ta\tb\n", "ends in none of .tsv, .csv, .jsonl, with or without .gz"),
        ("p.gz", gzip.compress(b"1\ta\tb\n"), "ends in none of .tsv, .csv, .jsonl, "),
        ("pairs", "1\ta\tb\n", "ends in none of .tsv, .csv, .jsonl, "),
    ],
)
def test_file_that_cannot_be_used_is_refused_with_its_line(file, name, content, problem):
    assert problem_of(file(name, content)).startswith(problem)


def test_prompt_as_long_as_a_cache_takes_is_read(file):
    [pair] = read_pairs(file("p.tsv", f"1\ta\t{'x' * 8_192}\n"))
    assert len(pair.second) == 8_192


def test_what_is_no_file_is_refused(tmp_path):
    assert problem_of(tmp_path / "nowhere.tsv") == "No such file or directory"
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    assert problem_of(folder) == "is no file"
    pipe = tmp_path / "pipe.tsv"
    os.mkfifo(pipe)
    assert problem_of(pipe) == "is no file"


def test_file_with_too_many_pairs_is_refused(file, monkeypatch):
    monkeypatch.setattr(pair_files, "MAX_PAIRS", 2)
    lines = [json.dumps({"label": 1, "prompt": "a", "other": str(n)}) for n in range(3)]
    assert len(read_pairs(file("p.jsonl", "\n".join(lines[:2])))) == 2
    assert problem_of(file("p.jsonl", "\n".join(lines))) == (
        "holds more than 2 pairs; take a sample of them"
    )


@pytest.mark.parametrize(
    ("equivalent", "different", "problem"),
    [
        (3, 0, "p: only 3 of 3 pairs are equivalent; it takes at least 20"),
        (30, 0, "p: none of 30 pairs are different; it takes at least 20"),
        (0, 30, "p: none of 30 pairs are equivalent; it takes at least 20"),
        (20, 19, "p: only 19 of 39 pairs are different; it takes at least 20"),
    ],
)
def test_pairs_are_too_few_when_either_kind_is(equivalent, different, problem):
    pairs = [Pair("a", "b", True)] * equivalent + [Pair("a", "b", False)] * different
    with pytest.raises(PairsError) as raised:
        check_enough(pairs, "p")
    assert str(raised.value).startswith(problem)


def test_twenty_of_each_kind_are_enough():
    check_enough([Pair("a", "b", number % 2 == 0) for number in range(40)], "p")
