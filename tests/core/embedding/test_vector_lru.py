import numpy as np

from nearhit_server.core.embedding.vector_lru import CachedVector, VectorLru


def row(value):
    return CachedVector(np.full(4, value, dtype=np.float32))


def test_vector_lru_lets_go_of_the_least_recently_used_when_it_is_full():
    memory = VectorLru(max_bytes=1_000)
    for number in range(2):
        memory.put(str(number), row(number))
    assert memory.get("0") is not None
    memory.put("2", row(2))
    assert memory.get("1") is None
    assert memory.get("0") is not None


def test_vector_lru_stays_within_its_bytes():
    memory = VectorLru(max_bytes=10_000)
    for number in range(1_000):
        memory.put(str(number), row(number))
    assert 0 < memory.size_bytes <= 10_000
    assert 0 < len(memory) < 1_000


def test_vector_lru_counts_a_replaced_vector_once():
    memory = VectorLru(max_bytes=10_000)
    memory.put("a", row(1))
    size = memory.size_bytes
    memory.put("a", row(2))
    assert memory.size_bytes == size
    assert memory.get("a").vector[0] == 2


def test_vector_lru_keeps_nothing_when_it_has_no_room():
    memory = VectorLru(max_bytes=0)
    memory.put("a", row(1))
    assert memory.get("a") is None
    assert memory.size_bytes == 0
