// Every error class of LangCache's SDK for JavaScript, from every method. Not among them is
// ResponseValidationError, which is for servers that break the contract.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';

import { HTTPClient } from '@redis-ai/langcache';
import * as errors from '@redis-ai/langcache/models/errors';

import { administer, given, newCache, sdkOf } from './langcache.mjs';

const ENTRY_ID = '0'.repeat(32);

// In words that the small model knows, or a search would not ask the store.
const PROMPT = 'how do i reset my password';

// Every method, called with arguments that are good.
const CALLS = {
  search: (sdk) => sdk.search({ prompt: PROMPT }),
  set: (sdk) => sdk.set({ prompt: PROMPT, response: 'r' }),
  deleteById: (sdk) => sdk.deleteById(ENTRY_ID),
  deleteQuery: (sdk) => sdk.deleteQuery({ attributes: { a: 'b' } }),
  flush: (sdk) => sdk.flush(),
};

async function failure(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  return assert.fail('the call did not fail');
}

// How a call fails, which has to be with this error, in full.
async function refusal(call, errorClass, status, type) {
  const error = await failure(call);
  assert.ok(error instanceof errorClass, error);
  assert.ok(error instanceof errors.LangCacheError);
  assert.equal(error.statusCode, status);
  assert.equal(error.status, status);
  assert.equal(error.type, type);
  assert.ok(error.title && error.detail, error);
  return error;
}

describe('BadRequestErrorResponseContent', () => {
  const invalid = {
    prompt: (sdk) => sdk.search({ prompt: '' }),
    similarityThreshold: (sdk) => sdk.search({ prompt: 'p', similarityThreshold: 1.5 }),
    "attributes['a b']": (sdk) => sdk.search({ prompt: 'p', attributes: { 'a b': 'v' } }),
    ttlMillis: (sdk) => sdk.set({ prompt: 'p', response: 'r', ttlMillis: 0 }),
    response: (sdk) => sdk.set({ prompt: 'p', response: 'x'.repeat((1 << 20) + 1) }),
    entryId: (sdk) => sdk.deleteById('no-id'),
    attributes: (sdk) => sdk.deleteQuery({ attributes: {} }),
  };
  let sdk;
  before(async () => {
    sdk = sdkOf(await newCache());
  });

  for (const [field, call] of Object.entries(invalid)) {
    test(`names ${field}`, async () => {
      const { BadRequestErrorResponseContent } = errors;
      const type = '/errors/invalid-data';
      const error = await refusal(call(sdk), BadRequestErrorResponseContent, 400, type);

      assert.equal(error.fields.length, 1);
      assert.equal(error.fields[0].field, field);
      assert.ok(error.fields[0].rule);
      assert.equal(error.detail, `${field}: ${error.fields[0].message}`);
    });
  }
});

test('PayloadTooLargeErrorResponseContent for twenty megabytes', async () => {
  const sdk = sdkOf(await newCache());
  const call = sdk.set({ prompt: 'p', response: 'x'.repeat(20_000_000) });
  const { PayloadTooLargeErrorResponseContent } = errors;
  await refusal(call, PayloadTooLargeErrorResponseContent, 413, '/errors/payload-too-large');
});

test('NotFoundErrorResponseContent for an entry that does not exist', async () => {
  const call = CALLS.deleteById(sdkOf(await newCache()));
  const type = '/errors/cache/entry/not-found';
  const error = await refusal(call, errors.NotFoundErrorResponseContent, 404, type);
  assert.ok(error.detail.includes(ENTRY_ID));
});

test('ForbiddenErrorResponseContent where the key does not allow it', async () => {
  const cacheId = await newCache();
  const keyOf = async (...scopes) =>
    (await administer('keys', { scopes, caches: [cacheId] })).secret;
  const reader = sdkOf(cacheId, { apiKey: await keyOf('read') });
  const writer = sdkOf(cacheId, { apiKey: await keyOf('write') });
  const type = '/errors/insufficient-permissions';

  for (const [method, call] of Object.entries(CALLS)) {
    const sdk = method === 'search' ? writer : reader;
    await refusal(call(sdk), errors.ForbiddenErrorResponseContent, 403, type);
  }
});

test('ResourceUnavailableErrorResponseContent when the store is out of reach', async () => {
  const sdk = sdkOf('default', { serverURL: given('NEARHIT_STORELESS_URL') });
  const type = '/errors/database/resource-database-unavailable';
  const { ResourceUnavailableErrorResponseContent } = errors;
  // All at once: each takes the time that Redis is given.
  await Promise.all(
    Object.values(CALLS).map((call) =>
      refusal(call(sdk), ResourceUnavailableErrorResponseContent, 424, type),
    ),
  );
});

for (const [method, call] of Object.entries(CALLS)) {
  describe(method, () => {
    test('fails without a good key', async () => {
      const type = '/errors/authentication-failed';
      for (const apiKey of ['wrong', undefined]) {
        const sdk = sdkOf('default', { apiKey });
        await refusal(call(sdk), errors.AuthenticationErrorResponseContent, 401, type);
      }
    });

    test('finds no cache that does not exist', async () => {
      const type = '/errors/cache/not-found';
      for (const cacheId of ['no-such-cache', 'no/such/cache']) {
        const sdk = sdkOf(cacheId);
        await refusal(call(sdk), errors.NotFoundErrorResponseContent, 404, type);
      }
    });

    test('fails past the rate limit', async () => {
      const sdk = sdkOf(`node-${randomUUID()}`, { serverURL: given('NEARHIT_LIMITED_URL') });
      for (const remaining of ['2', '1', '0']) {
        const { headers } = await failure(call(sdk));
        assert.equal(headers.get('x-ratelimit-remaining'), remaining);
      }
      const type = '/errors/too-many-requests';
      const { TooManyRequestsErrorResponseContent } = errors;
      const { headers } = await refusal(call(sdk), TooManyRequestsErrorResponseContent, 429, type);
      const seconds = Number(headers.get('retry-after'));
      assert.ok(seconds >= 1 && seconds <= 600, seconds);
      assert.equal(headers.get('x-ratelimit-limit'), '3');
      assert.ok(Number(headers.get('x-ratelimit-reset')) > Date.now() / 1000);
    });

    test('fails without details when the server has a fault', async () => {
      const sdk = sdkOf('fails', { serverURL: given('NEARHIT_FAULTY_URL') });
      const type = '/errors/unexpected-error';
      const { UnexpectedErrorResponseContent } = errors;
      const error = await refusal(call(sdk), UnexpectedErrorResponseContent, 500, type);
      assert.ok(!error.body.includes('hunter2'));
    });
  });
}

test('LangCacheDefaultError when the status has no class of its own', async () => {
  for (const [cacheId, status] of [['goes-away', 503], ['hangs', 504]]) {
    const sdk = sdkOf(cacheId, { serverURL: given('NEARHIT_FAULTY_URL') });
    const error = await failure(CALLS.search(sdk));
    assert.ok(error instanceof errors.LangCacheDefaultError, error);
    assert.equal(error.statusCode, status);
    assert.equal(JSON.parse(error.body).error.code, 'UNAVAILABLE');
  }
});

test('a refused call is made again as soon as Retry-After says', async () => {
  const seen = [];
  const options = {
    serverURL: given('NEARHIT_PACING_URL'),
    // Of itself it would wait a minute: who comes sooner was told to.
    retryConfig: {
      strategy: 'backoff',
      backoff: {
        initialInterval: 60_000,
        maxInterval: 60_000,
        exponent: 0,
        maxElapsedTime: 60_000,
      },
    },
    httpClient: new HTTPClient().addHook('response', ({ status }) => seen.push(status)),
  };
  const sdk = sdkOf(`node-${randomUUID()}`, options);
  for (let call = 0; call < 2; call += 1) {
    assert.equal((await failure(CALLS.flush(sdk))).statusCode, 404);
  }
  assert.deepEqual(seen, [404, 429, 404]);
});

describe('errors of the client', () => {
  test('ConnectionError when there is no server', async () => {
    const sdk = sdkOf('default', { serverURL: given('NEARHIT_ABSENT_URL') });
    assert.ok((await failure(CALLS.search(sdk))) instanceof errors.ConnectionError);
  });

  test('RequestTimeoutError when the time set is up', async () => {
    const sdk = sdkOf('hangs', { serverURL: given('NEARHIT_FAULTY_URL'), timeoutMs: 10 });
    assert.ok((await failure(CALLS.search(sdk))) instanceof errors.RequestTimeoutError);
  });

  test('RequestAbortedError when the caller gives up', async () => {
    const sdk = sdkOf('default');
    const call = sdk.search({ prompt: PROMPT }, { signal: AbortSignal.abort() });
    assert.ok((await failure(call)) instanceof errors.RequestAbortedError);
  });

  test('SDKValidationError for what is of the wrong type', async () => {
    const call = sdkOf('default').search({ prompt: 5 });
    assert.ok((await failure(call)) instanceof errors.SDKValidationError);
  });
});
