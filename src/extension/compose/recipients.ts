import { type Address, parseMailboxList } from "../../mail/mailbox.js";
import type { StoredList } from "../stored.js";
import type { ComposeDetails, ComposeRecipients } from "../thunderbird.js";

/** Who a mail in the composer goes to. Pure. */
export interface Recipients {
  /** The first of the known lists among the recipients. */
  readonly list: StoredList | undefined;
  /** Everybody else, as people read it: addresses, or what was typed where it is no address. */
  readonly others: readonly string[];
  /** Those who stand in Bcc, the list among them if it does. */
  readonly bcc: readonly string[];
  readonly none: boolean;
}

interface Recipient {
  readonly address?: Address;
  readonly shown: string;
}

function each(recipients: ComposeRecipients | undefined): readonly Recipient[] {
  if (recipients === undefined) return [];
  if (Array.isArray(recipients)) return recipients.flatMap((one) => each(one));
  if (typeof recipients !== "string") return "type" in recipients ? [{ shown: recipients.type }] : [];
  if (recipients.trim() === "") return [];
  try {
    return parseMailboxList(recipients).map(({ address }) => ({ address, shown: address }));
  } catch {
    // an address book list, or something half typed: certainly no list of ours
    return [{ shown: recipients }];
  }
}

/** Sorts the recipients of all fields. Reply-To and Followup-To are no recipients. */
export function recipientsOf(
  details: ComposeDetails,
  lists: Readonly<Record<string, StoredList>>,
): Recipients {
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
  return { list, others: [...new Set(others)], bcc: [...new Set(bcc)], none: all.length === 0 };
}
