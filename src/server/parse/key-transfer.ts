/** Keys and lists as the reading thread gets them: as octets, since what openpgp.js makes of them can't cross to a thread. */
import { createHash } from "node:crypto";
import {
  type OpeningKey,
  parseSealingKey,
  readOpeningKey,
  type SealingKey,
  writeOpeningKey,
  writeSealingKey,
} from "../../openpgp/keys.js";
import type { SecretName, SharedSecret } from "../../openpgp/secrets.js";
import type { ListRef } from "../../protocol/message.js";
import type { ListInUse } from "../store/lists-in-use.js";

/** A list, by the key or the name of the secret that its mail is sealed with. */
interface ListWire {
  readonly address: string;
  readonly key: Uint8Array | SecretName<"list">;
}

/** All keys that a list's mail may be opened with, and the list keys that it may be for. */
export interface KeyTransfer {
  readonly present: ListWire;
  readonly former: readonly { readonly ref: ListWire; readonly until: number }[];
  readonly server: Uint8Array;
  readonly formerServers: readonly { readonly key: Uint8Array; readonly until: number }[];
  /** The secret that the list's server shares with the author whom the mail names. */
  readonly secret?: SharedSecret<"server">;
}

/** The same, read. */
export interface ReadKeys extends Pick<ListInUse, "ref" | "former" | "server" | "formerServers"> {
  readonly secret?: SharedSecret<"server">;
}

const written = new WeakMap<OpeningKey<"server">, Promise<Uint8Array>>();

/** An unlocked server key as octets. They stay in this process. */
export function writeServerKey(key: OpeningKey<"server">): Promise<Uint8Array> {
  const known = written.get(key) ?? writeOpeningKey(key);
  written.set(key, known);
  return known;
}

function writeList({ address, key }: ListRef): ListWire {
  if ("certificate" in key) return { address, key: writeSealingKey(key) };
  // without the secret, if this is one: the name is all that may be known here
  const { role, fingerprint, profile } = key;
  return { address, key: { role, fingerprint, profile } };
}

/** The keys of `list` for the thread. */
export async function writeKeys(list: ListInUse, secret?: SharedSecret<"server">): Promise<KeyTransfer> {
  return {
    present: writeList(list.ref),
    former: list.former.map(({ ref, until }) => ({ ref: writeList(ref), until })),
    server: await writeServerKey(list.server),
    formerServers: await Promise.all(
      list.formerServers.map(async ({ key, until }) => ({ key: await writeServerKey(key), until })),
    ),
    ...(secret === undefined ? {} : { secret }),
  };
}

/** Keys of each kind that are kept: those of a few lists. */
const MAX_KEPT = 64;

/** Reads keys, each once: reading one costs more than opening a post with it. */
export class KeyReader {
  readonly #servers = new Map<string, Promise<OpeningKey<"server">>>();
  readonly #lists = new Map<string, Promise<SealingKey<"list">>>();

  /** @throws ListSealError if they can't be read, which our own always can */
  async keys({ present, former, server, formerServers, secret }: KeyTransfer): Promise<ReadKeys> {
    return {
      ref: await this.#list(present),
      former: await Promise.all(
        former.map(async ({ ref, until }) => ({ ref: await this.#list(ref), until })),
      ),
      server: await this.server(server),
      formerServers: await Promise.all(
        formerServers.map(async ({ key, until }) => ({ key: await this.server(key), until })),
      ),
      ...(secret === undefined ? {} : { secret }),
    };
  }

  server(octets: Uint8Array): Promise<OpeningKey<"server">> {
    return once(this.#servers, octets, () => readOpeningKey("server", octets));
  }

  async #list({ address, key }: ListWire): Promise<ListRef> {
    if (!(key instanceof Uint8Array)) return { address, key };
    return { address, key: await once(this.#lists, key, () => parseSealingKey("list", key)) };
  }
}

function once<K>(kept: Map<string, Promise<K>>, octets: Uint8Array, read: () => Promise<K>): Promise<K> {
  const name = createHash("sha256").update(octets).digest("hex");
  const key = kept.get(name) ?? read();
  kept.delete(name);
  kept.set(name, key);
  const [oldest] = kept.keys();
  if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  return key;
}
