"""Labelled pairs of prompts, as `nearhit tune` reads them."""

from nearhit_server.tuning.pair_files import read_pairs
from nearhit_server.tuning.pairs import Pair

__all__ = ["Pair", "read_pairs"]
