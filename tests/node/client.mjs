// Clients of the server under test, made at run time from .proto files alone.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const TARGET = process.env.NEARHIT_TARGET;
if (!TARGET) {
  throw new Error('NEARHIT_TARGET has to name a server: these tests are run by test_node.py');
}

const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const REFLECTION = fileURLToPath(import.meta.resolve('@grpc/reflection/build/proto'));

const nearhitFiles = readdirSync(`${PROTO}/nearhit/v1`).map((name) => `nearhit/v1/${name}`);
const reflectionFile = 'grpc/reflection/v1alpha/reflection.proto';

const services = grpc.loadPackageDefinition(
  protoLoader.loadSync([...nearhitFiles, reflectionFile], {
    includeDirs: [PROTO, REFLECTION],
    enums: String,
    oneofs: true,
  }),
);

// A client of the service of that full name.
export function connect(service) {
  const Client = service.split('.').reduce((scope, name) => scope[name], services);
  return new Client(TARGET, grpc.credentials.createInsecure());
}

// The response to one unary call, within a generous time unless told otherwise.
export function call(client, method, request, { milliseconds = 30_000 } = {}) {
  const options = { deadline: Date.now() + milliseconds };
  return new Promise((resolve, reject) => {
    client[method](request, options, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
}
