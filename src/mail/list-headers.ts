/** The header fields of a list's copies: all that is outside the seals, written by the server alone. */
import { type Address, domainOf, localPartOf, ownerAddress } from "./mailbox.js";
import type { HeaderField } from "./mime.js";

/** The field that names the format's version and mode on every sealed mail. */
export const sealHeader = "X-ListSeal";

/** Version of the mail format (the value `v` of {@link sealHeader}). A reader refuses what it does not know. */
export const FORMAT_VERSION = 1;

/** List-Id of a list (RFC 2919): `team@lists.example` -> `team.lists.example`. */
export function listId(list: Address): string {
  return `${localPartOf(list)}.${domainOf(list)}`;
}

/** The list that a List-Id value names, if it names `list`. */
export function namesList(value: string, list: Address): boolean {
  const inBrackets = /<([^<>]+)>\s*$/.exec(value)?.[1] ?? value;
  return inBrackets.trim().toLowerCase() === listId(list);
}

/** RFC 2919, RFC 2369 and the usual marks against automatic answers (RFC 3834) for a copy of `list`. */
export function listFields(list: Address, name: string): HeaderField[] {
  const quoted = name.replace(/["\\<>]/g, "");
  const owner = ownerAddress(list);
  return [
    ["List-Id", `${quoted} <${listId(list)}>`],
    ["List-Post", `<mailto:${list}>`],
    // a person answers: an automatic answer to whoever asks could be used to flood somebody
    ["List-Help", `<mailto:${owner}?subject=help>`],
    ["List-Owner", `<mailto:${owner}>`],
    ["Precedence", "list"],
    ["X-Auto-Response-Suppress", "All"],
  ];
}
