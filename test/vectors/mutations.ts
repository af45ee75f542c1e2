/**
 * Every check of the reader and the server on the path of a post, as a switch: `npm run vectors -- --mutate` takes one out at a time.
 * A check that no vector misses is not checked by a reader that passes the vectors.
 */
import { mailMutations } from "./mutations/mail.js";
import { openpgpMutations } from "./mutations/openpgp.js";
import { packetMutations } from "./mutations/packets.js";
import { protocolMutations } from "./mutations/protocol.js";
import type { Mutation } from "./suite.js";

export const mutations: readonly Mutation[] = [
  ...packetMutations,
  ...openpgpMutations,
  ...protocolMutations,
  ...mailMutations,
];
