// Every method of LangCache's SDK for JavaScript.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NotFoundErrorResponseContent } from '@redis-ai/langcache/models/errors';
import { SearchStrategy } from '@redis-ai/langcache/models';

import { newCache, sdkOf } from './langcache.mjs';

const QUESTION = 'How do I reset my password?';
const PARAPHRASE = 'I forgot my password, how do I reset it?';
const OTHER_QUESTION = 'What is the capital of France?';
const ANSWER = 'Open Settings, then Security. — „Ünïcödé“ 🔑';

const { Exact, Semantic } = SearchStrategy;

// A test with an SDK of a cache of its own.
function sdkTest(name, run, settings) {
  test(name, async () => run(sdkOf(await newCache(settings))));
}

async function responses(sdk, request) {
  const { data } = await sdk.search(request);
  return data.map(({ response }) => response);
}

sdkTest('search misses when nothing near was stored', async (sdk) => {
  assert.deepEqual(await sdk.search({ prompt: QUESTION }), { data: [] });
  await sdk.set({ prompt: QUESTION, response: ANSWER });
  assert.deepEqual(await sdk.search({ prompt: OTHER_QUESTION }), { data: [] });
});

sdkTest('search hits when the question was stored in other words', async (sdk) => {
  const attributes = { lang: 'en' };
  const { entryId } = await sdk.set({ prompt: QUESTION, response: ANSWER, attributes });
  const { data } = await sdk.search({ prompt: PARAPHRASE, attributes });

  assert.equal(data.length, 1);
  const { similarity, ...entry } = data[0];
  assert.ok(similarity > 0.9 && similarity < 1, similarity);
  assert.deepEqual(entry, {
    id: entryId,
    prompt: QUESTION,
    response: ANSWER,
    attributes,
    searchStrategy: Semantic,
  });
});

sdkTest(
  'search is semantic unless it says else, whatever the cache does',
  async (sdk) => {
    await sdk.set({ prompt: QUESTION, response: ANSWER });
    const { data } = await sdk.search({ prompt: QUESTION });

    assert.deepEqual([data[0].searchStrategy, data[0].similarity], [Semantic, 1]);
  },
  { searchStrategies: [Exact, Semantic] },
);

sdkTest('search tries strategies in the order given', async (sdk) => {
  await sdk.set({ prompt: QUESTION, response: ANSWER });
  for (const searchStrategies of [[Exact, Semantic], [Semantic, Exact]]) {
    const { data } = await sdk.search({ prompt: QUESTION, searchStrategies });
    assert.equal(data[0].searchStrategy, searchStrategies[0]);
  }
  const { data } = await sdk.search({
    prompt: PARAPHRASE,
    searchStrategies: [Exact, Semantic],
  });
  assert.equal(data[0].searchStrategy, Semantic);
});

sdkTest('exact search ignores case', async (sdk) => {
  await sdk.set({ prompt: QUESTION, response: ANSWER });
  const searchStrategies = [Exact];

  const prompt = QUESTION.toUpperCase();
  assert.deepEqual(await responses(sdk, { prompt, searchStrategies }), [ANSWER]);
  assert.deepEqual(await responses(sdk, { prompt: PARAPHRASE, searchStrategies }), []);
});

sdkTest(
  "search takes its threshold before the cache's",
  async (sdk) => {
    await sdk.set({ prompt: QUESTION, response: ANSWER });

    assert.deepEqual(await responses(sdk, { prompt: PARAPHRASE }), []);
    const request = { prompt: PARAPHRASE, similarityThreshold: 0.9 };
    assert.deepEqual(await responses(sdk, request), [ANSWER]);
  },
  { similarityThreshold: 0.99 },
);

sdkTest('search finds only what carries every attribute', async (sdk) => {
  for (const tier of ['free', 'paid']) {
    await sdk.set({ prompt: QUESTION, response: tier, attributes: { lang: 'en', tier } });
  }
  const carrying = (attributes) => responses(sdk, { prompt: QUESTION, attributes });

  assert.deepEqual(await carrying({ lang: 'en', tier: 'paid' }), ['paid']);
  assert.deepEqual(await carrying({ lang: 'de', tier: 'paid' }), []);
});

sdkTest('set replaces the entry of the same prompt and attributes', async (sdk) => {
  const first = await sdk.set({ prompt: QUESTION, response: 'old' });
  const second = await sdk.set({ prompt: QUESTION, response: 'new' });

  assert.deepEqual(first, second);
  assert.deepEqual(await responses(sdk, { prompt: QUESTION }), ['new']);
});

sdkTest('an entry expires when its time is up and no earlier', async (sdk) => {
  await sdk.set({ prompt: QUESTION, response: 'short', ttlMillis: 1 });
  await sdk.set({ prompt: OTHER_QUESTION, response: 'long', ttlMillis: 3_600_000 });
  const deadline = Date.now() + 30_000;
  while ((await responses(sdk, { prompt: QUESTION })).length > 0) {
    assert.ok(Date.now() < deadline, 'it never expired');
  }
  assert.deepEqual(await responses(sdk, { prompt: OTHER_QUESTION }), ['long']);
});

sdkTest('deleteById removes that entry alone', async (sdk) => {
  const { entryId } = await sdk.set({ prompt: QUESTION, response: 'a' });
  await sdk.set({ prompt: OTHER_QUESTION, response: 'b' });

  assert.equal(await sdk.deleteById(entryId), undefined);
  assert.deepEqual(await responses(sdk, { prompt: QUESTION }), []);
  assert.deepEqual(await responses(sdk, { prompt: OTHER_QUESTION }), ['b']);
  await assert.rejects(sdk.deleteById(entryId), NotFoundErrorResponseContent);
});

sdkTest('deleteQuery removes what carries every attribute', async (sdk) => {
  for (const tier of ['free', 'paid']) {
    for (const prompt of [QUESTION, OTHER_QUESTION]) {
      await sdk.set({ prompt, response: tier, attributes: { lang: 'en', tier } });
    }
  }
  const carrying = (attributes) => sdk.deleteQuery({ attributes });

  assert.deepEqual(await carrying({ lang: 'en', tier: 'free' }), { deletedEntriesCount: 2 });
  assert.deepEqual(await responses(sdk, { prompt: QUESTION }), ['paid']);
  assert.deepEqual(await carrying({ lang: 'de' }), { deletedEntriesCount: 0 });
});

sdkTest('flush empties the cache', async (sdk) => {
  await sdk.set({ prompt: QUESTION, response: 'a' });
  await sdk.set({ prompt: OTHER_QUESTION, response: 'b' });

  assert.equal(await sdk.flush(), undefined);
  assert.deepEqual(await responses(sdk, { prompt: QUESTION }), []);
  assert.deepEqual(await responses(sdk, { prompt: OTHER_QUESTION }), []);
});
