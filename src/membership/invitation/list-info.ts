/** What card and invitation say of a list besides its keys: the `list` object of their JSON. */

import type { Address } from "../../mail/mailbox.js";
import type { Profile } from "../../openpgp/keys.js";
import { profiles } from "../../openpgp/profiles.js";
import { type DeliveryMode, deliveryModes, type Mode, modes } from "../../protocol/message.js";
import type { Fields } from "../file/json-fields.js";

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

/** The object as it stands in the file. */
export function writeListWords(words: ListInfo) {
  const { listAddress: address, listName: name, requestAddress, mode, delivery, profile } = words;
  return { address, name, requestAddress, mode, delivery, profile };
}

/** The inverse of {@link writeListWords}. @throws ListSealError with the code of `list` for anything else */
export function readListWords(list: Fields): ListInfo {
  return {
    listAddress: list.address("address"),
    listName: list.line("name", MAX_LIST_NAME),
    requestAddress: list.address("requestAddress"),
    mode: list.oneOf("mode", modes),
    delivery: list.oneOf("delivery", deliveryModes),
    profile: list.oneOf("profile", profiles),
  };
}
