// Asks the cache, else the LLM, and then stores the answer; over gRPC.
//
// node ask.mjs "How do I reset my password?"

import { askLlm } from '../stand_in_llm.mjs';
import { Cache } from './cache.mjs';

// Who answered, and the answer.
async function answer(cache, question) {
  const outcome = await cache.search(question);
  if (outcome.hit) {
    return ['cache', outcome.hit.matches[0].entry.response];
  }
  const response = await askLlm(question);
  await cache.store(question, response, { ttlSeconds: 24 * 60 * 60 });
  return ['LLM', response];
}

async function main(question) {
  const target = process.env.NEARHIT_TARGET ?? 'localhost:50051';
  // A service keeps one client for all of its questions.
  const cache = new Cache(target, { apiKey: process.env.NEARHIT_API_KEY });
  try {
    const [source, response] = await answer(cache, question);
    console.log(`${source}: ${response}`);
  } finally {
    cache.close();
  }
}

if (process.argv.length !== 3) {
  console.error('usage: node ask.mjs QUESTION');
  process.exit(1);
}
await main(process.argv[2]);
