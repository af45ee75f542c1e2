import { z } from "zod";
import { partTypes } from "../../src/mail/part-types.js";
import { readPayload } from "../../src/mail/payload.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import { type OpeningKey, parseSealingKey, readOpeningKey, readSealingKey } from "../../src/openpgp/keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { join } from "../../src/openpgp/packets.js";
import type { SealedMessage } from "../../src/protocol/message.js";
import { openPost } from "../../src/protocol/open-post.js";
import { sha256 } from "./letter.js";

/** Eve's work: everything that was said on every wire, and every key that she still has. */

/** Sealed parts that were found in a capture, each once. */
export interface FoundParts {
  readonly keys: readonly Uint8Array[];
  readonly bodies: readonly Uint8Array[];
  readonly messages: readonly Uint8Array[];
}

/** A header block that names one of our types, up to its blank line, and the base64 lines after it. */
const PART =
  /Content-Type:\s*(application\/vnd\.listseal\.[a-z]+)[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n((?:[A-Za-z0-9+/=]+\r?\n)+)/gi;

/** Finds sealed parts in the recorded bytes of SMTP, LMTP and IMAP connections. */
export function partsIn(captures: readonly Buffer[]): FoundParts {
  const found = new Map<string, { readonly type: string; readonly bytes: Uint8Array }>();
  for (const capture of captures) {
    for (const [, type = "", text = ""] of capture.toString("latin1").matchAll(PART)) {
      const bytes = new Uint8Array(Buffer.from(text, "base64"));
      found.set(`${type.toLowerCase()} ${sha256(bytes)}`, { type: type.toLowerCase(), bytes });
    }
  }
  const ofType = (wanted: string) =>
    [...found.values()].filter(({ type }) => type === wanted).map(({ bytes }) => bytes);
  return {
    keys: ofType(partTypes.key),
    bodies: ofType(partTypes.body),
    messages: ofType(partTypes.message),
  };
}

const storageShape = z.object({
  listseal: z.object({
    lists: z.record(z.string(), z.object({ listKey: z.string(), serverCertificate: z.string() })),
    memberKeys: z.record(z.string(), z.object({ secret: z.string() })),
  }),
});

/** What a member keeps after being removed. */
export interface KeptKeys {
  readonly member: readonly OpeningKey<"member">[];
  readonly lists: ReadonlyMap<
    string,
    { readonly key: OpeningKey<"list">; readonly serverCertificate: Uint8Array }
  >;
}

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

/** Takes every key out of an add-on's storage, as whoever owns the computer can. */
export async function keysIn(storage: string): Promise<KeptKeys> {
  const { listseal } = storageShape.parse(JSON.parse(storage));
  const member = await Promise.all(
    Object.values(listseal.memberKeys).map(({ secret }) => readOpeningKey("member", bytesOf(secret))),
  );
  const lists = new Map<string, { key: OpeningKey<"list">; serverCertificate: Uint8Array }>();
  for (const [address, { listKey, serverCertificate }] of Object.entries(listseal.lists)) {
    lists.set(address, {
      key: await readOpeningKey("list", bytesOf(listKey)),
      serverCertificate: bytesOf(serverCertificate),
    });
  }
  return { member, lists };
}

/** What came of all tries for one list. */
export interface TapResult {
  /** Subjects of the letters that were opened. */
  readonly opened: readonly string[];
  /** Combinations of parts and keys that were tried. */
  readonly tries: number;
  readonly parts: { readonly keys: number; readonly bodies: number; readonly messages: number };
}

/** Runs one try: a refusal of the protocol gives undefined, a fault of this program is thrown on. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ListSealError) return undefined;
    throw error;
  }
}

/** All that these keys get out of some bytes as an OpenPGP message; signatures are not asked for. */
async function literalsOf(
  message: () => Uint8Array,
  openers: readonly (OpeningKey<"member"> | OpeningKey<"list">)[],
): Promise<readonly Uint8Array[]> {
  const tried = await Promise.all(openers.map((opener) => attempt(async () => openLayer(message(), opener))));
  return tried.flatMap((layer) => (layer === undefined || layer === "not-for-me" ? [] : [layer.literal]));
}

/**
 * Tries every sealed part with every key that opens something in this list, in two ways: layer by layer without asking
 * for any signature, and by the add-on's own `openPost`. `old` are parts from before the removal, which Eve could open
 * then: their key packets are tried on the new bodies.
 */
export async function tap(
  found: FoundParts,
  old: FoundParts,
  keys: KeptKeys,
  address: string,
): Promise<TapResult> {
  const list = keys.lists.get(address);
  if (list === undefined) throw new Error(`No key of ${address} was kept`);
  const openers = [...keys.member, list.key];
  const keyParts = [...found.keys, ...old.keys];
  const outers = [...found.messages, ...keyParts];
  const peeled = [
    ...outers,
    ...(await Promise.all(outers.map((outer) => literalsOf(() => outer, openers)))).flat(),
  ];
  const inner = [
    ...peeled.map((bytes) => () => bytes),
    ...peeled.flatMap((keyPacket) => found.bodies.map((body) => () => join(keyPacket, body))),
  ];
  const opened = new Set<string>();
  for (const message of inner) {
    for (const payload of await literalsOf(message, openers)) {
      const letter = await attempt(() => readPayload(payload));
      if (letter !== undefined) opened.add(letter.subject);
    }
  }
  const sealed: readonly SealedMessage[] = [
    ...found.messages.map((message) => ({ mode: "whole", message }) as const),
    ...keyParts.flatMap((key) => found.bodies.map((body) => ({ mode: "key", key, body }) as const)),
  ];
  const server = await parseSealingKey("server", list.serverCertificate);
  const own = { member: keys.member, list: { address, key: list.key }, server };
  for (const each of sealed) {
    await attempt(() =>
      openPost(each, own, async (payload) => {
        const letter = await readPayload(payload);
        opened.add(letter.subject);
        const certificate = letter.author?.certificate ?? new Uint8Array();
        return {
          author: await readSealingKey("member", certificate, letter.date),
          messageId: letter.messageId,
        };
      }),
    );
  }
  return {
    opened: [...opened],
    tries: (outers.length + inner.length) * openers.length + sealed.length,
    parts: { keys: found.keys.length, bodies: found.bodies.length, messages: found.messages.length },
  };
}
