"""API keys in the embedded store."""


async def test_key_outlives_a_restart(open_store, sample):
    async with open_store() as store:
        await store.put_key(sample.key())
    async with open_store() as store:
        assert await store.get_key(sample.key().key_id) == sample.key()
