/**
 * The lists as the running server uses them: the row in the store together with its keys, read and unlocked.
 *
 * Rows are read anew each time (a command may have changed them); keys are kept, by fingerprint.
 */
import { createHash } from "node:crypto";
import { type Address, bouncesAddress, parseAddress } from "../mail/mailbox.js";
import { type OpeningKey, readSealingKey } from "../protocol/keys.js";
import type { ListRef } from "../protocol/message.js";
import type { DataFolder } from "./data-folder.js";
import { loadServerKey } from "./server-keys.js";
import type { List, Store } from "./store.js";

/** A list that takes posts: it has its list key, and the server key is at hand. */
export interface ListInUse {
  readonly list: List;
  readonly ref: ListRef;
  readonly server: OpeningKey<"server">;
  readonly address: Address;
  /** Envelope sender of everything that the list sends. */
  readonly bounces: Address;
}

/** What an address of ours is for. */
export type Recipient =
  | { readonly kind: "list"; readonly list: List }
  /** where mail systems report that they could not deliver a copy; with or without `+detail` */
  | { readonly kind: "bounces"; readonly list: List; readonly token: string }
  /** `team-request+TOKEN@`: the holder of the token leaves (List-Unsubscribe) */
  | { readonly kind: "leave"; readonly list: List; readonly token: string }
  /** `team-request@`: a signed and sealed command */
  | { readonly kind: "request"; readonly list: List }
  /** `team-owner@`: for the people who run the list */
  | { readonly kind: "owner"; readonly list: List }
  | { readonly kind: "unknown" };

const BESIDES = /^(?<name>.+)-(?<suffix>bounces|request|owner)(?:\+(?<token>[^@]*))?@(?<domain>[^@]+)$/;

export class ListsInUse {
  readonly #store: Store;
  readonly #folder: DataFolder;
  /** By fingerprint. `version`: of the certificate, which changes when subkeys are renewed. */
  readonly #serverKeys = new Map<
    string,
    { readonly version: string; readonly key: Promise<OpeningKey<"server">> }
  >();

  constructor(store: Store, folder: DataFolder) {
    this.#store = store;
    this.#folder = folder;
  }

  /** What the envelope recipient `text` is for. Anything that isn't an address of ours is `unknown`. */
  async recipient(text: string): Promise<Recipient> {
    const address = canonical(text);
    if (address === undefined) return { kind: "unknown" };
    const list = await this.#store.listByAddress(address);
    if (list !== undefined) return { kind: "list", list };
    const { name, suffix, token, domain } = BESIDES.exec(address)?.groups ?? {};
    const beside = name && domain ? await this.#store.listByAddress(`${name}@${domain}`) : undefined;
    if (beside === undefined) return { kind: "unknown" };
    if (suffix === "bounces") return { kind: "bounces", list: beside, token: token ?? "" };
    if (suffix === "request" && token) return { kind: "leave", list: beside, token };
    if (token !== undefined) return { kind: "unknown" };
    return { kind: suffix === "owner" ? "owner" : "request", list: beside };
  }

  /**
   * The list with its keys; `undefined` while it has no list key.
   *
   * @throws KeyFileError, ListSealError if a key can't be read or used
   */
  async open(list: List): Promise<ListInUse | undefined> {
    if (list.listKey === undefined) return undefined;
    const address = parseAddress(list.address);
    return {
      list,
      ref: { address, key: await readSealingKey("list", list.listKey) },
      server: await this.serverKey(list),
      address,
      bounces: bouncesAddress(address),
    };
  }

  /** As {@link open}, by the list's number. */
  async openById(id: number): Promise<ListInUse | undefined> {
    const list = await this.#store.listById(id);
    return list === undefined ? undefined : this.open(list);
  }

  /** Reads every list's server key, so that a missing one is found when the server starts and not with the first mail. */
  async checkKeys(isRetired: (list: List) => Promise<boolean>): Promise<void> {
    for (const list of await this.#store.lists()) if (!(await isRetired(list))) await this.serverKey(list);
  }

  /** The list's server key, also of a list that nobody has claimed yet. @throws KeyFileError, ListSealError */
  serverKey(list: List): Promise<OpeningKey<"server">> {
    const { serverFingerprint: fingerprint } = list;
    const version = createHash("sha256").update(list.serverCertificate).digest("hex");
    const known = this.#serverKeys.get(fingerprint);
    if (known?.version === version) return known.key;
    const key = loadServerKey(this.#folder, list);
    this.#serverKeys.set(fingerprint, { version, key });
    // a file that could not be read is tried again: the operator may have put it right
    key.catch(() => this.#serverKeys.delete(fingerprint));
    return key;
  }
}

function canonical(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch {
    return undefined;
  }
}
