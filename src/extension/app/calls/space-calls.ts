import { count, flag, listOf, nothing, object, oneOf, orNull, text } from "../../../membership/file/check.js";
import type { IndexChanges, SearchResult } from "../../mail-index/mail-index.js";
import { type NotificationChoice, notificationChoices } from "../../mail-index/notification-choice.js";
import type { SyncProgress } from "../../mail-index/sync.js";
import type { FellowsView } from "../../member/fellow-members.js";
import { call, type HandlersOf } from "../../platform/rpc/call.js";
import type { MessageRef, Verdict } from "./mail-page-calls.js";

/** The folder of our page of lists. */
export const SPACE_PAGES = "app/thunderbird/space/";

/** A mail of the index, by its place. */
const mail = object<{ readonly folder: string; readonly id: string }>({ folder: text, id: text });

/** What a person does in Thunderbird with a mail besides reading it. */
export const mailActs = ["read", "unread", "archive", "delete", "reply", "forward", "show"] as const;
/** One of {@link mailActs}. */
export type MailAct = (typeof mailActs)[number];

/** Those of them that are done with several mails at once. */
export const manyActs = ["read", "unread", "archive", "delete"] as const;
/** One of {@link manyActs}. */
export type ManyAct = (typeof manyActs)[number];
/** Whether it is one of {@link manyActs}. */
export const isManyAct = (act: MailAct): act is ManyAct => manyActs.some((one) => one === act);

/** What the page of lists asks of whoever has the index: Thunderbird's background, or, in a browser, its own page. */
export const listsCalls = {
  /** The page is open: from now on there is an index, unless the person has stopped it. */
  "space:begin": call(nothing).gives<null>(),
  /**
   * What there is now; if that is known already, it is answered when something has changed, or after a while.
   * `known`: the number of the last answer, 0 at first.
   */
  "space:watch": call(object({ known: count })).gives<SpaceOverview>(),
  /** What has changed of a list's mails: {@link IndexChanges}. */
  "space:mails": call(
    object({ list: text, epoch: text, change: count, before: orNull(count) }),
  ).gives<IndexChanges>(),
  /** What was found, whether or not the page has been told of it. */
  "space:search": call(
    object({ list: text, query: text, unread: flag, files: flag, author: orNull(text) }),
  ).gives<SearchResult>(),
  /** Opens a compose window to a list, or the composer's page. */
  "space:write": call(object({ list: text })).gives<null>(),
  /** Who is on a list, as far as its server has said. */
  "space:members": call(object({ list: text })).gives<FellowsView>(),
  /** Asks its server; in a browser the page opens from which the person sends that. */
  "space:ask-members": call(object({ list: text })).gives<null>(),
  /** `noted`: the person has read that something was lost. */
  "space:sync": call(object({ wish: oneOf("go-on", "pause", "noted") })).gives<null>(),
};
export type ListsCalls = typeof listsCalls;

/** What our page of lists in Thunderbird asks of the background, which alone has the index and the folders. */
export const spaceCalls = {
  ...listsCalls,
  /** Opens a mail, and marks it as read. */
  "space:open": call(object({ mail })).gives<Verdict & { readonly ref: MessageRef }>(),
  "space:act": call(object({ mail, act: oneOf(...mailActs) })).gives<null>(),
  "space:act-many": call(object({ mails: listOf(mail), act: oneOf(...manyActs) })).gives<null>(),
  /** How new messages are told of from now on. */
  "space:notify": call(object({ show: oneOf(...notificationChoices) })).gives<null>(),
  /** Whether readable copies of a list's mails are kept; those that are here already are copied, too. */
  "space:copies": call(object({ list: text, keeping: oneOf("off", "opened") })).gives<null>(),
  /** Puts a list's address into the address book, unless it is there. The page has asked for the right. */
  "space:contact": call(object({ list: text })).gives<null>(),
};
export type SpaceCalls = typeof spaceCalls;

/** What answers our page of lists. */
export type SpaceHandlers = HandlersOf<SpaceCalls>;

/** The lists, and how far their index is. */
export interface SpaceOverview {
  /** Goes up with each change. */
  readonly known: number;
  readonly lists: readonly SpaceList[];
  readonly progress: ListsProgress;
  readonly notifications: NotificationChoice;
}

/** What is said above the messages. */
export type ListsProgress =
  | SyncProgress
  /** A browser's index of these lists was damaged, and nothing can build it anew. */
  | { readonly kind: "lost"; readonly lists: readonly string[] };

/** A list in our page of lists. `unread` null while its index is not open. */
export interface SpaceList {
  readonly address: string;
  readonly name: string;
  readonly unread: number | null;
  /** The address that one writes to it from. */
  readonly ownAddress: string;
  /** Whether one may write to it. */
  readonly mayPost: boolean;
  /** Its own member key is locked, while another one is not. */
  readonly isLocked: boolean;
  /** Whether readable copies of its mails are kept. */
  readonly keepsCopies: boolean;
}
