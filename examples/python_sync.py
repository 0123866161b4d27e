"""Asks the cache, else the LLM, and then stores the answer; without asyncio.

python examples/python_sync.py "How do I reset my password?"
"""

import os
import sys
from datetime import timedelta

import nearhit
from stand_in_llm import ask_llm


def answer(cache: nearhit.Client, question: str) -> tuple[str, str]:
    """Who answered, and the answer."""
    outcome = cache.search(question)
    if isinstance(outcome, nearhit.Hit):
        return "cache", outcome.matches[0].entry.response
    response = ask_llm(question)
    cache.store(question, response, ttl=timedelta(days=1))
    return "LLM", response


def main(question: str) -> None:
    """Print who answered, and the answer."""
    target = os.environ.get("NEARHIT_TARGET", "localhost:50051")
    api_key = os.environ.get("NEARHIT_API_KEY")
    # A service keeps one client for all of its questions; threads may share it.
    with nearhit.Client(target, api_key=api_key) as cache:
        source, response = answer(cache, question)
    print(f"{source}: {response}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python_sync.py QUESTION")
    main(sys.argv[1])
