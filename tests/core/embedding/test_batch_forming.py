from hypothesis import given
from hypothesis import strategies as st

from nearhit_server.core.embedding.batch_forming import batch_tokens, form_batch


def test_form_batch_is_empty_when_nothing_waits():
    assert form_batch([], max_tokens=100, pads=True) == []


def test_form_batch_takes_everything_when_it_fits():
    assert form_batch([10, 30, 20], max_tokens=90, pads=True) == [0, 1, 2]


def test_form_batch_groups_the_oldest_with_its_neighbours_in_length():
    lengths = [10, 200, 11, 199, 12, 9]
    assert sorted(form_batch(lengths, max_tokens=48, pads=True)) == [0, 2, 4, 5]


def test_form_batch_takes_the_nearer_side_first():
    assert sorted(form_batch([10, 5, 11], max_tokens=25, pads=True)) == [0, 2]


def test_form_batch_takes_the_oldest_alone_when_it_is_over_the_limit():
    assert form_batch([300, 10], max_tokens=100, pads=True) == [0]


def test_form_batch_takes_texts_as_they_came_when_the_model_does_not_pad():
    assert form_batch([10, 200, 11, 199], max_tokens=221, pads=False) == [0, 1, 2]


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=50),
    st.integers(1, 1_000),
    st.booleans(),
)
def test_form_batch_holds_the_oldest_and_stays_within_its_cost(lengths, max_tokens, pads):
    batch = form_batch(lengths, max_tokens=max_tokens, pads=pads)
    assert 0 in batch
    assert len(set(batch)) == len(batch)
    cost = batch_tokens([lengths[index] for index in batch], pads=pads)
    assert cost <= max_tokens or batch == [0]
