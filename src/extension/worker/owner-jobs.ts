import type { ListKeyKind } from "../../openpgp/list-keys.js";
import type { Profile } from "../../openpgp/profiles.js";
import type { DeliveryMode, Mode } from "../../protocol/message.js";
import type { OwnedList } from "../records/owned-list.js";

/** What an owner's jobs give, and what goes into them. Secrets are base64, unlocked, and stay in pages of ours and the worker. */

/** What a notice says of its list. Not the whole, which has all members in it. */
export type ListInNotice = Pick<
  OwnedList,
  "address" | "profile" | "listKeyFingerprint" | "serverFingerprint"
>;

/** What a server card says. */
export interface Card {
  readonly address: string;
  readonly name: string;
  readonly requestAddress: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  readonly serverCertificate: string;
  readonly serverFingerprint: string;
  readonly code: string;
  readonly expires: string;
  /** The kinds of list keys of which the owner may choose one. */
  readonly listKeys: readonly ListKeyKind[];
}

export interface NewListKey {
  /** The secret half. */
  readonly listKey: string;
  /** What the server is given: the public half of a pair, the id of a secret. */
  readonly certificate: Uint8Array;
  readonly fingerprint: string;
}

export interface MadeInvitation {
  readonly introduction: string;
  readonly fileName: string;
  readonly file: Uint8Array;
  readonly madeAt: string;
}

export interface PublicKeyFile {
  readonly certificate: Uint8Array;
  readonly fingerprint: string;
  /** Addresses that the key's User IDs name. */
  readonly addresses: readonly string[];
  readonly userId: string;
}
