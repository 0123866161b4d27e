// What an error says besides its code and message.

import { fileURLToPath } from 'node:url';

import protoLoader from '@grpc/proto-loader';

const messages = protoLoader.loadSync(fileURLToPath(new URL('google_rpc.proto', import.meta.url)), {
  // Also unpacks google.protobuf.Any.
  json: true,
});

// The detail of google.rpc that has this name; undefined if the error holds none.
export function detailOf(error, name) {
  const [trailer] = error.metadata.get('grpc-status-details-bin');
  const { details } = messages['google.rpc.Status'].deserialize(trailer);
  return details.find((detail) => detail['@type'].endsWith(`/google.rpc.${name}`));
}
