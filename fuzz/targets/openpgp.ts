/** Sealed messages, as a member and the server open them: the vectors, changed. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../src/openpgp/digest.js";
import { openAtServer, openPost, type SealedMessage } from "../../src/protocol/index.js";
import { keysOf, serverContext } from "../../test/protocol/people.js";
import { MESSAGE_ID, NOW } from "../../test/vectors/cast.js";
import { readVector, type Vector, writeVector } from "../../test/vectors/format.js";
import { castOf, identify } from "../../test/vectors/open-vector.js";
import type { Random } from "../random.js";
import { promise, type Target } from "../target.js";
import { joined, varied } from "../vary.js";

const folder = fileURLToPath(new URL("../../test/vectors/posts/", import.meta.url));
/** What somebody has signed, in one of the vectors. */
const honest: ReadonlySet<string> = new Set(
  readdirSync(folder).flatMap((name) => parsed(readFileSync(`${folder}${name}`))?.["payload-sha256"] ?? []),
);

const encoder = new TextEncoder();
function parsed(input: Uint8Array): Vector | undefined {
  try {
    return readVector(Buffer.from(input).toString("latin1"));
  } catch {
    // a change of the file's own form, which nobody sends
    return undefined;
  }
}

/** The packets of a message in the new format (RFC 9580, 4.2.1), as far as they can be told apart. */
function packetsOf(message: Uint8Array): readonly Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at < message.length; ) {
    const first = message[at + 1] ?? 0;
    const second = message[at + 2] ?? 0;
    const length =
      first < 192
        ? 2 + first
        : first < 224
          ? 3 + ((first - 192) << 8) + second + 192
          : first === 255
            ? 6 +
              new DataView(message.buffer, message.byteOffset + at, Math.min(6, message.length - at))
                .byteLength
            : message.length;
    packets.push(message.subarray(at, at + length));
    at += length;
  }
  return packets;
}

/** Packets dropped, doubled, in another order, from another message, or changed within. */
function variedMessage(message: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  const packets = [...packetsOf(message)];
  const at = random.below(packets.length + 1);
  switch (random.below(5)) {
    case 0:
      packets.splice(at, 1);
      break;
    case 1:
      packets.splice(at, 0, random.pick([...packets, ...packetsOf(other)]));
      break;
    case 2:
      packets.reverse();
      break;
    case 3:
      packets.splice(at, 1, random.pick(packetsOf(other)));
      break;
    default:
      return varied(message, random, [], [other]);
  }
  return joined(...packets);
}

function partsOf(sealed: SealedMessage): readonly Uint8Array[] {
  return sealed.mode === "key" ? [sealed.key, sealed.body] : [sealed.message];
}

function vary(seed: Uint8Array, random: Random, seeds: readonly Uint8Array[]): Uint8Array {
  const vector = parsed(seed);
  const other = parsed(random.pick(seeds));
  if (vector === undefined || other === undefined) return seed;
  const change = (part: Uint8Array) => variedMessage(part, random, random.pick(partsOf(other.sealed)));
  const { sealed } = vector;
  const { listSignature } = sealed;
  const signature = random.once(3) ? (other.sealed.listSignature ?? listSignature) : listSignature;
  const more =
    signature === undefined ? {} : { listSignature: random.once(4) ? change(signature) : signature };
  const made: SealedMessage =
    sealed.mode === "whole"
      ? { mode: "whole", message: change(sealed.message), ...more }
      : random.once(2)
        ? { mode: "key", key: change(sealed.key), body: sealed.body, ...more }
        : { mode: "key", key: sealed.key, body: change(sealed.body), ...more };
  return encoder.encode(writeVector({ ...vector, sealed: made }));
}

export const target: Target = {
  name: "openpgp",
  seeds: async () =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".txt") && !/shared|bomb/.test(name))
      .map((name) => new Uint8Array(readFileSync(`${folder}${name}`))),
  words: ["key:\n", "body:\n", "message:\n", "list-signature:\n", "wV4D", "0sA", "xsB=", "////"],
  vary,
  take: async (input) => {
    const vector = parsed(input);
    // what other roles hold by a shared secret is in the vectors' own test
    if (vector === undefined || vector.shared !== undefined) return;
    const cast = await castOf(vector);
    if (vector.role === "server") {
      const opened = await openAtServer(vector.sealed, { ...serverContext(cast), now: NOW });
      promise(opened.by === cast.alice.fingerprint, "the server takes it as somebody else's");
      promise(opened.messageId === MESSAGE_ID, "the server takes it under another message id");
      return;
    }
    const keys = { ...keysOf(cast, vector.role === "author" ? cast.alice : cast.bob), now: NOW };
    const opened = await openPost(vector.sealed, keys, identify);
    if (opened.kind === "not-for-me") return;
    promise(honest.has(await sha256(opened.payload)), "an altered payload was opened");
    promise(opened.author === cast.alice.fingerprint, "it was opened as somebody else's");
  },
};
