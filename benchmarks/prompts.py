"""Prompts of natural, mixed lengths, none of which comes twice."""

import gzip
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.bench.texts import Texts

_SEED = 1


def add_prompts_option(parser: ArgumentParser) -> None:
    """The option that names a file of real ones."""
    parser.add_argument(
        "--prompts",
        type=Path,
        help="file of prompts, may be gzipped: one a line, or several behind a label, all separated"
        " by tabs; unset: generated",
    )


def distinct_prompts(path: Path | None) -> Iterator[str]:
    """The prompts of a file in random order, or generated ones; each time the same.

    Raises RuntimeError once those of the file are used up.
    """
    if path is None:
        texts = Texts(_SEED)
        yield from map(texts.prompt, count())
        return
    prompts = sorted(_prompts_in(path))
    Random(_SEED).shuffle(prompts)
    yield from prompts
    raise RuntimeError(f"the {len(prompts):,} prompts of {path} are used up")


def _prompts_in(path: Path) -> set[str]:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    lines = (line.split("\t") for line in content.decode().split("\n"))
    return {prompt for line in lines for prompt in line[1:] or line if prompt.strip()}


def search_request(prompt: str, *, cache: str) -> bytes:
    """A search, ready to be sent."""
    return pb.SearchRequest(cache=cache, prompt=prompt).SerializeToString()
