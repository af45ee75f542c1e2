import { type Checked, count, listOf, object, oneOf, only, text } from "../../membership/file/check.js";
import { missingStates } from "../../membership/request/command-names.js";
import type { PostDelivery } from "../../membership/request/post-delivery.js";
import { browser } from "../platform/browser.js";
import { keptRecord } from "../records/storage.js";
import { type Migrations, migrate } from "../records/stored.js";
import { loadRequests } from "../requests/pending.js";

/**
 * How posts of one's own were delivered, by the words of their lists' servers. A record of its own, in no backup: the servers can
 * be asked again.
 */
const missingMember = object<{
  readonly address: string;
  readonly name: string;
  readonly state: (typeof missingStates)[number];
}>({ address: text, name: text, state: oneOf(...missingStates) });

const storedDelivery = object<{
  readonly list: string;
  readonly messageId: string;
  readonly toldAt: string;
  readonly isKnown: "known" | "unknown";
  readonly readers: number;
  readonly waiting: number;
  readonly failed: number;
  readonly missing: readonly Checked<typeof missingMember>[];
}>({
  list: text,
  messageId: text,
  toldAt: text,
  isKnown: oneOf("known", "unknown"),
  readers: count,
  waiting: count,
  failed: count,
  missing: listOf(missingMember),
});

/**
 * One post. `toldAt`: the server's date, ISO 8601; `isKnown`: whether the server could say anything; the numbers and members are those of
 * {@link PostDelivery}, and none where the list doesn't show its members.
 */
export type StoredDelivery = Checked<typeof storedDelivery>;

/** Those that are remembered; the oldest are forgotten first. Attack: a server that tells of posts without end. */
export const DELIVERY_LIMIT = 300;

/** Raise it with each change of {@link DeliveryRecord}, and add the step to {@link deliveryMigrations}. */
export const DELIVERY_VERSION = 1;

/** The oldest first. */
export interface DeliveryRecord {
  readonly version: typeof DELIVERY_VERSION;
  readonly posts: readonly StoredDelivery[];
}

const record = object<{ readonly [K in keyof DeliveryRecord]: DeliveryRecord[K] }>({
  version: only(DELIVERY_VERSION),
  posts: listOf(storedDelivery),
});

/** Version 1 is the first: nothing to migrate yet. */
export const deliveryMigrations: Migrations = {};

/** @throws CheckError if it is damaged, or made by a newer version of the add-on */
export function readDeliveryRecord(value: unknown): DeliveryRecord {
  return value === undefined
    ? { version: DELIVERY_VERSION, posts: [] }
    : record(migrate(value, DELIVERY_VERSION, deliveryMigrations));
}

const KEY = "listseal-deliveries";
const kept = keptRecord(KEY, readDeliveryRecord);

/** Has `changed` called after each change of the record, whichever page made it. */
export function whenDeliveriesChange(changed: () => void): void {
  browser.storage.onChanged.addListener((changes, area) => {
    if (area === "local" && changes[KEY] !== undefined) changed();
  });
}

/** What the server says of a post of one's own. */
export interface DeliveryWord extends Omit<PostDelivery, "head"> {
  readonly list: string;
  /** ISO 8601: the server's date. */
  readonly date: string;
}

/** Keeps it, unless something newer is here: attack: an answer of before, sent once more. @throws ListSealError as `keptRecord` */
export function keepDelivery({ list, date, missing = [], ...word }: DeliveryWord): Promise<void> {
  return keep({ ...word, list, missing, toldAt: date, isKnown: "known" });
}

/** The server can't say anything of that post. @throws ListSealError as `keptRecord` */
export function keepUnknown(list: string, messageId: string, toldAt: string): Promise<void> {
  return keep({
    list,
    messageId,
    toldAt,
    isKnown: "unknown",
    readers: 0,
    waiting: 0,
    failed: 0,
    missing: [],
  });
}

function keep(post: StoredDelivery): Promise<void> {
  const isSame = (one: StoredDelivery) => one.list === post.list && one.messageId === post.messageId;
  return kept.update((before) => {
    const known = before.posts.find(isSame);
    if (known !== undefined && Date.parse(known.toldAt) >= Date.parse(post.toldAt))
      return { stored: before, result: undefined };
    const others = before.posts.filter((one) => !isSame(one));
    return { stored: { ...before, posts: [...others, post].slice(-DELIVERY_LIMIT) }, result: undefined };
  });
}

/** Forgets what was told of a list's posts. @throws ListSealError as `keptRecord` */
export function forgetToldDeliveries(list: string): Promise<void> {
  return kept.update((before) => {
    const posts = before.posts.filter((one) => one.list !== list);
    return {
      stored: posts.length === before.posts.length ? before : { ...before, posts },
      result: undefined,
    };
  });
}

/** To how many a post went, and how many of them have not got it. */
export type DeliveryCounts = Pick<StoredDelivery, "readers" | "waiting" | "failed">;

/** The posts of a list that did not reach everybody, by their Message-IDs without angle brackets. Never rejects: what can't be read is not known. */
export async function undeliveredOf(list: string): Promise<ReadonlyMap<string, DeliveryCounts>> {
  const posts = await kept.load().then(
    (record) => record.posts,
    () => [],
  );
  return new Map(
    posts
      .filter((post) => post.list === list && post.waiting + post.failed > 0)
      .map((post) => [post.messageId.replace(/^<|>$/g, ""), post]),
  );
}

/** What is known of a post of one's own: nothing, that its server was asked, or what it said last. */
export type KnownDelivery =
  | { readonly kind: "nothing" | "asked" | "unknown" }
  | ({ readonly kind: "told"; readonly isAskedAgain: boolean } & Pick<
      StoredDelivery,
      "toldAt" | "readers" | "waiting" | "failed" | "missing"
    >);

/** What is known of the post. Never rejects: what can't be read is not known. */
export async function deliveryOf(list: string, messageId: string): Promise<KnownDelivery> {
  try {
    const isAsked = (await loadRequests()).pending.some(
      (one) => one.do === "delivery" && one.list === list && one.about === messageId,
    );
    const found = (await kept.load()).posts.find((one) => one.list === list && one.messageId === messageId);
    if (found?.isKnown === "known") {
      const { toldAt, readers, waiting, failed, missing } = found;
      return { kind: "told", isAskedAgain: isAsked, toldAt, readers, waiting, failed, missing };
    }
    return { kind: isAsked ? "asked" : found === undefined ? "nothing" : "unknown" };
  } catch {
    return { kind: "nothing" };
  }
}
