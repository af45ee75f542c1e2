/** What the server tells the author of a post: how many members it was for, and whose copies have not gone out. */
import type { Address } from "../../mail/mailbox.js";
import type { RosterHead } from "../../protocol/message.js";
import { anyCount, canonicalAddress, line, objectOf, several, wordOf } from "../file/declaration.js";
import { type MissingState, missingStates } from "./command-names.js";
import { headDeclaration, MAX_MESSAGE_ID, MAX_PERSON_NAME } from "./request.js";

/** Members who are named. Against an answer that costs a server more than a moment, and a reader more than a glance. */
export const MAX_MISSING_NAMED = 200;

/** A member who has not got a post. */
export interface MissingMember {
  readonly address: Address;
  readonly name: string;
  readonly state: MissingState;
}

/** How a post has been delivered, at the date of the answer. */
export interface PostDelivery {
  readonly head: RosterHead;
  /** The signed one of the post. */
  readonly messageId: string;
  /** Members who were to get a copy when the server took the post; its author is none of them. */
  readonly readers: number;
  /** Of these, those whose copies are still tried. */
  readonly waiting: number;
  /** And those whose copies were refused for good, or came back. */
  readonly failed: number;
  /** Who they are, {@link MAX_MISSING_NAMED} at most; absent on a list that doesn't show its members to each other. */
  readonly missing?: readonly MissingMember[];
}

/** The fields of {@link PostDelivery}, as they stand in an answer's JSON. */
export const deliveryDeclaration = objectOf(
  {
    kind: wordOf("delivery"),
    head: headDeclaration,
    messageId: line(MAX_MESSAGE_ID),
    readers: anyCount,
    waiting: anyCount,
    failed: anyCount,
  },
  {
    missing: several(
      objectOf({ address: canonicalAddress, name: line(MAX_PERSON_NAME), state: wordOf(...missingStates) }),
      { limit: MAX_MISSING_NAMED },
    ),
  },
);
