from nearhit_server.core.context import effective_prompts


def test_effective_prompts_lose_their_oldest_turn_first():
    assert effective_prompts(["a", "b"], "c", max_characters=100) == ["a\nb\nc", "b\nc", "c"]


def test_effective_prompts_leave_blank_turns_out():
    assert effective_prompts(["a", " ", ""], "c", max_characters=100) == ["a\nc", "c"]


def test_effective_prompts_leave_out_what_could_not_be_stored():
    assert effective_prompts(["aaaa", "b"], "c", max_characters=3) == ["b\nc", "c"]


def test_effective_prompts_end_with_the_prompt_alone():
    assert effective_prompts([], "c", max_characters=1) == ["c"]
