// Asks the cache, else the LLM, and then stores the answer; with the SDK of LangCache.
//
// node ask.mjs "How do I reset my password?"

import { LangCache } from '@redis-ai/langcache';

import { askLlm } from '../stand_in_llm.mjs';

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

// Who answered, and the answer.
async function answer(cache, question) {
  const { data } = await cache.search({ prompt: question });
  if (data.length > 0) {
    return ['cache', data[0].response];
  }
  const response = await askLlm(question);
  await cache.set({ prompt: question, response, ttlMillis: DAY_MILLISECONDS });
  return ['LLM', response];
}

async function main(question) {
  // A service keeps one SDK for all of its questions.
  const cache = new LangCache({
    serverURL: process.env.NEARHIT_URL ?? 'http://localhost:8080',
    apiKey: process.env.NEARHIT_API_KEY,
    cacheId: 'default',
    timeoutMs: 5_000,
  });
  const [source, response] = await answer(cache, question);
  console.log(`${source}: ${response}`);
}

if (process.argv.length !== 3) {
  console.error('usage: node ask.mjs QUESTION');
  process.exit(1);
}
await main(process.argv[2]);
