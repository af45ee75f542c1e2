import { type Address, parseMailboxList } from "../../mail/mailbox.js";
import type { ComposeDetails, ComposeRecipients } from "../platform/thunderbird.js";
import type { StoredList } from "../records/stored.js";

/** Who a mail in the composer goes to. Pure. */
export interface MailRecipients {
  /** The first of the known lists among the recipients. */
  readonly list: StoredList | undefined;
  /** Everybody else, as people read it: addresses, or what was typed where it is no address. */
  readonly others: readonly string[];
  /** Those who stand in Bcc, the list among them if it does. */
  readonly bcc: readonly string[];
  /** A recipient that is almost a known list: what is there, and the address of the list. */
  readonly near: { readonly typed: string; readonly list: string } | null;
  /** Lists of the address book: Thunderbird says no more of them than their names. Nothing where no sealed list is known. */
  readonly groups: readonly string[];
  readonly none: boolean;
}

interface Recipient {
  readonly address?: Address;
  readonly shown: string;
  /** An entry of the address book that may be many people. */
  readonly group?: boolean;
}

function each(recipients: ComposeRecipients | undefined): readonly Recipient[] {
  if (recipients === undefined) return [];
  if (Array.isArray(recipients)) return recipients.flatMap((one) => each(one));
  if (typeof recipients !== "string")
    return "type" in recipients ? [{ shown: recipients.type, group: recipients.type === "mailingList" }] : [];
  if (recipients.trim() === "") return [];
  try {
    return parseMailboxList(recipients).map(({ address }) => ({ address, shown: address }));
  } catch {
    // an address book list, or something half typed: certainly no list of ours
    return [{ shown: recipients, group: !recipients.normalize("NFKC").includes("@") }];
  }
}

/** What is in a field, as it is there. */
function texts(recipients: ComposeRecipients | undefined): readonly string[] {
  return [recipients ?? []].flat().filter((one) => typeof one === "string");
}

/** To whom a mail goes, in one text: two of them are equal where the recipients are. */
export function addressed({ to, cc, bcc, newsgroups }: ComposeDetails): string {
  return JSON.stringify([to, cc, bcc, newsgroups].map((field) => [field ?? []].flat()));
}

/** Sorts the recipients of all fields. Reply-To and Followup-To are no recipients. */
export function recipientsOf(
  details: ComposeDetails,
  lists: Readonly<Record<string, StoredList>>,
): MailRecipients {
  const newsgroups =
    typeof details.newsgroups === "string" ? [details.newsgroups] : (details.newsgroups ?? []);
  const all = [
    ...[details.to, details.cc, details.bcc].flatMap((field) => each(field)),
    ...newsgroups.filter((name) => name !== "").map((shown): Recipient => ({ shown })),
  ];
  const addressed = all.find(
    ({ address }) => address !== undefined && Object.hasOwn(lists, address),
  )?.address;
  const list = addressed === undefined ? undefined : lists[addressed];
  const others = all
    .filter(({ address }) => list === undefined || address !== list.address)
    .map(({ shown }) => shown);
  const bcc = each(details.bcc).map(({ shown }) => shown);
  const written = [details.to, details.cc, details.bcc].flatMap((field) => texts(field));
  const groups = all.filter(({ group }) => group === true).map(({ shown }) => groupName(shown));
  return {
    list,
    others: [...new Set(others)],
    bcc: [...new Set(bcc)],
    near: nearOf(written, Object.keys(lists)),
    groups: Object.keys(lists).length === 0 ? [] : [...new Set(groups)],
    none: all.length === 0,
  };
}

/** QUIRK: Thunderbird writes a list of the address book as `Name <Name>`. */
function groupName(shown: string): string {
  return shown.replace(/\s*<[^<>]*>\s*$/, "").trim() || shown;
}

/** A text of a recipient that is longer is not looked at for what it is almost. */
const NEAR_LIMIT = 1_000;

/**
 * The first recipient that is not the address of a list, and reaches it, or looks as if it did.
 *
 * Attack: `team@lists.example.`, `Team+x@...`, the Unicode form of the domain reach the list by most mail servers, and the button
 * stays off; `"team@lists.example" <eve@evil.test>` reaches Eve, and many programs show the name alone.
 */
function nearOf(written: readonly string[], lists: readonly string[]): MailRecipients["near"] {
  for (const typed of written) {
    if (typed.length > NEAR_LIMIT) continue;
    const [, name = "", address = typed] = /^([^<>]*)<([^<>]*)>\s*$/.exec(typed) ?? [];
    for (const list of lists) {
      const exact = address.trim().toLowerCase() === list;
      if (!exact && (foldAddress(address) === foldAddress(list) || visible(name).includes(list)))
        return { typed, list };
    }
  }
  return null;
}

/** As a person sees it: one form of each character, without what can't be seen. */
function visible(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .toLowerCase();
}

/** An address as mail servers see it, for comparing and nothing else: no comments, quotes, tag after "+", no last dot; A-labels. */
function foldAddress(address: string): string {
  const bare = visible(address).replace(/\([^()]*\)|["\s]/g, "");
  const at = bare.lastIndexOf("@");
  const local = bare.slice(0, at).replace(/\+.*$/, "");
  const domain = bare.slice(at + 1).replace(/[.\u3002]+$/, "");
  try {
    return `${local}@${new URL(`http://${domain}`).hostname}`;
  } catch {
    return `${local}@${domain}`;
  }
}
