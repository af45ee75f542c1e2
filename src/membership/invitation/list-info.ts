/** What card and invitation say of a list besides its keys: the `list` object of their JSON. */

import type { Address } from "../../mail/mailbox.js";
import type { Profile } from "../../openpgp/keys.js";
import { profiles } from "../../openpgp/profiles.js";
import { type DeliveryMode, deliveryModes, type Mode, modes } from "../../protocol/message.js";
import type { Checked } from "../file/check.js";
import { canonicalAddress, line, objectOf, wordOf } from "../file/declaration.js";

const MAX_LIST_NAME = 100;

/** A list in words. */
export interface ListInfo {
  readonly listAddress: Address;
  /** What people call the list; one line. */
  readonly listName: string;
  readonly requestAddress: Address;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
}

/** The object as it is in the file. */
export function writeListWords(words: ListInfo) {
  const { listAddress: address, listName: name, requestAddress, mode, delivery, profile } = words;
  return { address, name, requestAddress, mode, delivery, profile };
}

/** The object as it is read. */
export const listWords = objectOf({
  address: canonicalAddress,
  name: line(MAX_LIST_NAME),
  requestAddress: canonicalAddress,
  mode: wordOf(...modes),
  delivery: wordOf(...deliveryModes),
  profile: wordOf(...profiles),
});

/** The inverse of {@link writeListWords}. */
export function readListWords({ address, name, ...rest }: Checked<typeof listWords>): ListInfo {
  return { listAddress: address, listName: name, ...rest };
}
