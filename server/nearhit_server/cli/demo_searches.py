"""What the demo stores and asks.

The entries are in demo_entries.jsonl, in the form that `nearhit import` reads. With
all-MiniLM-L6-v2 the paraphrases below are at 0.83 or more and the near misses between 0.71 and
0.78, so no threshold from 0.79 to 0.83 gives a wrong answer.
"""

from importlib.resources import files
from typing import Final

from nearhit import NewEntry
from nearhit_server.cli.jsonl import parse_line

THRESHOLD: Final = 0.80

NEAR_MISS_SIMILARITY: Final = 0.65
"""Below this a miss is a question about something else altogether."""

QUESTIONS: Final = (
    # The same letters in another case, with blanks around them.
    "  how do i RESET my password?  ",
    # Other words for the same question.
    "How can I change a forgotten password?",
    "Where can I get my invoices?",
    "What can I replace buttermilk with?",
    "how to undo the last git commit and keep the changes",
    "How many hours of sleep do adults need?",
    "What is the distance to the Moon?",
    # Nearly the same words for a question with another answer.
    "Do you ship to Norway?",
    "What is the capital of Austria?",
    "Which is the longest river in Europe?",
    # Nothing of the kind.
    "Can you recommend a good jazz album?",
)


def demo_entries() -> list[NewEntry]:
    """The questions and answers that the demo starts with."""
    lines = files("nearhit_server.cli").joinpath("demo_entries.jsonl").read_bytes().splitlines()
    return [parse_line(line) for line in lines]
