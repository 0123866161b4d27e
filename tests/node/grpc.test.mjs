// A client in a second language, made from proto/ alone, against a real server.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import grpc from '@grpc/grpc-js';

import { call, connect } from './client.mjs';
import { detailOf } from './error_details.mjs';

const QUESTION = 'How do I reset my password?';
const PARAPHRASE = 'I forgot my password, how do I reset it?';
const ANSWER = 'Open Settings, then Security. — „Ünïcödé“ 🔑';

describe('SemanticCacheService', () => {
  const cache = `node-${randomUUID()}`;
  const client = connect('nearhit.v1.SemanticCacheService');

  before(async () => {
    const admin = connect('nearhit.v1.CacheAdminService');
    await call(admin, 'createCache', { cache: { cacheId: cache } });
    admin.close();
  });
  after(() => client.close());

  const search = (request, options) => call(client, 'search', { cache, ...request }, options);
  const store = (request) => call(client, 'store', { cache, ...request });
  const refused = (request) =>
    search(request).then(
      () => assert.fail('the request was not refused'),
      (error) => error,
    );

  test('search misses when nothing near was stored', async () => {
    const found = await search({ prompt: 'What is the capital of France?' });

    assert.equal(found.result, 'miss');
    assert.equal(found.effectivePrompt, 'What is the capital of France?');
  });

  test('search hits semantically when the question was stored in other words', async () => {
    const stored = await store({ prompt: QUESTION, response: ANSWER, ttl: { seconds: 3600 } });
    const found = await search({ prompt: PARAPHRASE });

    assert.equal(stored.created, true);
    assert.equal(found.result, 'hit');
    const [match] = found.hit.matches;
    assert.equal(match.strategy, 'SEARCH_STRATEGY_SEMANTIC');
    assert.ok(match.similarity > 0.9 && match.similarity < 1, match.similarity);
    assert.equal(match.entry.entryId, stored.entryId);
    assert.equal(match.entry.prompt, QUESTION);
    assert.equal(match.entry.response, ANSWER);
    assert.equal(match.entry.ttl.seconds.toNumber(), 3600);
  });

  test('search says how near it came when it misses', async () => {
    await store({ prompt: QUESTION, response: ANSWER });
    const found = await search({ prompt: PARAPHRASE, similarityThreshold: 0.99 });

    assert.equal(found.result, 'miss');
    assert.ok(found.miss.nearestSimilarity > 0.9 && found.miss.nearestSimilarity < 0.99);
  });

  test('a refused request names its field in a BadRequest', async () => {
    const error = await refused({ prompt: 'p', similarityThreshold: 1.5 });

    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    const [violation] = detailOf(error, 'BadRequest').fieldViolations;
    assert.equal(violation.field, 'similarity_threshold');
    assert.equal(error.details, `similarity_threshold: ${violation.description}`);
    assert.equal(detailOf(error, 'ErrorInfo').reason, 'INVALID_FIELD');
  });

  test('an unknown cache has a reason that programs compare', async () => {
    const error = await refused({ cache: 'no-such-cache', prompt: 'p' });

    assert.equal(error.code, grpc.status.NOT_FOUND);
    const { domain, reason } = detailOf(error, 'ErrorInfo');
    assert.deepEqual({ domain, reason }, { domain: 'nearhit', reason: 'CACHE_NOT_FOUND' });
  });

  test('a deadline that passes ends the call, and the next one is answered', async () => {
    // No model embeds a thousand new texts in that time.
    const requests = Array.from({ length: 1000 }, () => ({ prompt: randomUUID() }));
    const batch = call(client, 'batchSearch', { cache, requests }, { milliseconds: 20 });

    await assert.rejects(batch, { code: grpc.status.DEADLINE_EXCEEDED });
    assert.equal((await search({ prompt: 'What is the capital of Spain?' })).result, 'miss');
  });
});

test('reflection lists the services of proto/', async () => {
  const client = connect('grpc.reflection.v1alpha.ServerReflection');
  const stream = client.serverReflectionInfo();
  stream.write({ listServices: '*' });
  stream.end();
  const [{ listServicesResponse }] = await stream.toArray();
  client.close();

  const names = listServicesResponse.service.map(({ name }) => name);
  assert.deepEqual(names.filter((name) => name.startsWith('nearhit.')).sort(), [
    'nearhit.v1.CacheAdminService',
    'nearhit.v1.CacheQualityService',
    'nearhit.v1.EmbeddingCacheService',
    'nearhit.v1.KeyAdminService',
    'nearhit.v1.SemanticCacheService',
  ]);
});
