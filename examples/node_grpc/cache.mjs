// A client of one cache, made at run time from proto/: copy that folder along.

import { fileURLToPath } from 'node:url';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const TIMEOUT_MILLISECONDS = 5_000;

const definition = protoLoader.loadSync('nearhit/v1/semantic_cache.proto', {
  includeDirs: [fileURLToPath(new URL('../../proto', import.meta.url))],
});
const { SemanticCacheService } = grpc.loadPackageDefinition(definition).nearhit.v1;

export class Cache {
  #client;
  #metadata = new grpc.Metadata();
  #name;

  constructor(target, { apiKey, name = 'default' } = {}) {
    // Beyond this machine: grpc.credentials.createSsl().
    this.#client = new SemanticCacheService(target, grpc.credentials.createInsecure());
    this.#name = name;
    if (apiKey) {
      this.#metadata.set('authorization', `Bearer ${apiKey}`);
    }
  }

  // A SearchResponse: it has either `hit` or `miss`.
  search(prompt) {
    return this.#call('search', { prompt });
  }

  store(prompt, response, { ttlSeconds } = {}) {
    const ttl = ttlSeconds === undefined ? undefined : { seconds: ttlSeconds };
    return this.#call('store', { prompt, response, ttl });
  }

  close() {
    this.#client.close();
  }

  #call(method, fields) {
    const request = { cache: this.#name, ...fields };
    // Without a deadline gRPC waits for ever.
    const options = { deadline: Date.now() + TIMEOUT_MILLISECONDS };
    return new Promise((resolve, reject) => {
      this.#client[method](request, this.#metadata, options, (error, response) =>
        error ? reject(error) : resolve(response),
      );
    });
  }
}
