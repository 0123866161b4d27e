// LangCache's official SDK, pointed at the servers under test.

import { randomUUID } from 'node:crypto';

import { LangCache } from '@redis-ai/langcache';

// The value of an environment variable, which test_javascript.py sets.
export function given(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} has to be set: these tests are run by test_javascript.py`);
  }
  return value;
}

const URL = given('NEARHIT_URL');
const API_KEY = given('NEARHIT_API_KEY');

// An SDK of one cache, with the key that may do everything unless told otherwise.
export function sdkOf(cacheId, options = {}) {
  return new LangCache({ serverURL: URL, apiKey: API_KEY, cacheId, ...options });
}

// The answer of the administration, which LangCache's SDK does not know of.
export async function administer(path, body) {
  const response = await fetch(`${URL}/v1/admin/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    throw new Error(await response.text());
  }
  return response.json();
}

// The id of a new cache.
export async function newCache(settings = {}) {
  const cacheId = `node-${randomUUID()}`;
  await administer('caches', { cacheId, ...settings });
  return cacheId;
}
