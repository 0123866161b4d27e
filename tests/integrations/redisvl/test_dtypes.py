"""dtype: the server keeps float32, but what was once said has to be said again."""

import pytest
from redisvl.utils.vectorize import CustomVectorizer

LABEL = {"name": "label", "type": "tag"}


def vectorizer(dtype: str) -> CustomVectorizer:
    return CustomVectorizer(embed=lambda text: [1.0, float(len(text))], dtype=dtype)


@pytest.fixture
def open_of_dtype(open_cache):
    """Makes a cache with `dtype=`, which warns."""

    async def opening(dtype, **options):
        with pytest.warns(DeprecationWarning, match="dtype"):
            return await open_cache(dtype=dtype, **options)

    return opening


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64", "int8", "uint8"])
async def test_cache_of_any_dtype_keeps_float32(open_of_dtype, dtype):
    cache = await open_of_dtype(dtype)
    await cache.astore("hello", "hi", vector=[1 / 3] * 384)

    again = await open_of_dtype(dtype)
    (hit,) = await again.acheck(vector=[1 / 3] * 384)

    assert (hit["response"], hit["vector_distance"]) == ("hi", 0)


@pytest.mark.parametrize(
    ("made", "opened"), [("float64", "float16"), ("float64", "float32"), ("float32", "float64")]
)
async def test_existing_cache_of_another_dtype_is_refused(open_of_dtype, made, opened):
    await open_of_dtype(made)

    with pytest.raises(ValueError, match=f"its dtype is {made}, not {opened}"):
        await open_of_dtype(opened)


async def test_cache_of_no_named_dtype_is_one_of_float32(open_cache, open_of_dtype):
    await open_cache()
    await open_of_dtype("float32")

    with pytest.raises(ValueError, match="its dtype is float32"):
        await open_of_dtype("float64")


async def test_dtype_of_a_vectorizer_counts(open_cache, open_of_dtype):
    await open_cache(vectorizer=vectorizer("float16"))
    await open_of_dtype("float16", vectorizer=vectorizer("float16"))

    with pytest.raises(ValueError, match="its dtype is float16, not float32"):
        await open_cache(vectorizer=vectorizer("float32"))
    with pytest.raises(ValueError, match="dtype is float32, the vectorizer's float16"):
        await open_of_dtype("float32", vectorizer=vectorizer("float16"))


async def test_vectorizer_can_be_asked_for_its_dtype_and_dimension(open_cache, open_of_dtype):
    of_server = await open_of_dtype("float64")
    own = vectorizer("float16")
    of_caller = await open_cache(vectorizer=own, overwrite=True)

    assert (of_server._vectorizer.dtype, of_server._vectorizer.dims) == ("float64", 384)
    assert of_caller._vectorizer is own


async def test_dtype_is_refused_that_there_is_not(open_of_dtype):
    with pytest.raises(ValueError, match=r"must be one of bfloat16, .* not 'int'"):
        await open_of_dtype("int")


async def test_overwrite_changes_the_dtype_and_keeps_fields_and_entries(open_cache, open_of_dtype):
    old = await open_of_dtype("float64", filterable_fields=[LABEL])
    await old.astore("hello", "hi", filters={"label": "a"})

    new = await open_cache(filterable_fields=[LABEL], overwrite=True)

    assert [hit["label"] for hit in await new.acheck("hello")] == ["a"]
    await open_cache(filterable_fields=[LABEL])


async def test_memory_of_the_dtype_is_no_field(open_of_dtype, call):
    cache = await open_of_dtype("float64", filterable_fields=[LABEL])
    key = await call(cache, "store", "hello", "hi", filters={"label": "a"})

    (hit,) = await call(cache, "check", "hello")

    fields = (await cache.aindex.info())["fields"]
    assert fields == {"label": "tag"}
    assert not any("dtype" in field for field in hit)
    with pytest.raises(ValueError, match="not a field"):
        await call(cache, "update", key, **{"redisvl-dtype-float64": "a"})
    with pytest.raises(ValueError, match="reserved"):
        await call(cache, "store", "hello", "hi", filters={"redisvl-dtype-float64": "a"})


async def test_field_is_refused_that_would_be_taken_for_a_dtype(open_cache):
    with pytest.raises(ValueError, match="reserved"):
        await open_cache(filterable_fields=[{"name": "redisvl-dtype-float16", "type": "tag"}])


async def test_message_about_other_fields_does_not_name_the_dtype_as_one(open_of_dtype):
    await open_of_dtype("float64", filterable_fields=[LABEL])

    with pytest.raises(ValueError, match=r"its fields are label \(tag\)\. Give"):
        await open_of_dtype("float64")
