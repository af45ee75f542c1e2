import type { NewsKind } from "../../membership/notice/owner-notice.js";
import type { RecordLink } from "../../membership/request/answer-result.js";
import type { RosterHistory } from "../../membership/roster/state.js";
import type { OwnedList } from "../records/owned-list.js";

/** What a notice says of its list. Not the whole: it goes to the worker once for each member, and has all members in it. */
export type ListInNotice = Pick<OwnedList, "address" | "listKeyFingerprint" | "serverFingerprint" | "owners">;

/** What the background page asks of the worker for an owner. Secrets are base64, unlocked, and stay between these two. */
export interface OwnerJobs {
  "read-card": {
    readonly input: { readonly file: Uint8Array; readonly now: string };
    readonly output: Card;
  };
  /** A list key for a list that is being claimed, or in place of one that may be known to others. */
  "make-list-key": {
    readonly input: { readonly address: string; readonly profile: "compatible" | "rfc9580" };
    readonly output: NewListKey;
  };
  "make-invitation": {
    readonly input: {
      readonly list: OwnedList;
      /** The owner's member key. */
      readonly secret: string;
      readonly invitee: string;
      /** As the page made and shows it. */
      readonly code: string;
      readonly joinBy: string;
      readonly now: string;
    };
    readonly output: MadeInvitation;
  };
  /** The owner's own log after the entries that the server gave. */
  "follow-record": {
    readonly input: { readonly list: OwnedList; readonly links: readonly RecordLink[]; readonly now: string };
    readonly output: { readonly history: RosterHistory };
  };
  /** A new list key's notice for one member. */
  "new-list-key-notice": {
    readonly input: {
      readonly list: ListInNotice;
      readonly secret: string;
      /** Armored, from the owner's own log. */
      readonly member: string;
      readonly listKey: string;
      readonly serial: number;
      readonly graceEnds: string;
      readonly now: string;
    };
    readonly output: { readonly sealed: Uint8Array };
  };
  /** Another server key, as the server offers it: whether it can be this list's. */
  "read-server-offer": {
    readonly input: { readonly list: OwnedList; readonly armored: string; readonly now: string };
    /** `certificate` in base64. */
    readonly output: { readonly certificate: string; readonly fingerprint: string };
  };
  /** The notice of another server key for one member. */
  "server-notice": {
    readonly input: {
      readonly list: ListInNotice;
      readonly secret: string;
      readonly member: string;
      /** In base64. */
      readonly certificate: string;
      readonly serial: number;
      readonly now: string;
    };
    readonly output: { readonly sealed: Uint8Array };
  };
  /** An owners' notice for one member; the terms are those of `list`. */
  "owners-notice": {
    readonly input: {
      readonly list: ListInNotice;
      readonly secret: string;
      readonly member: string;
      readonly serial: number;
      readonly now: string;
    };
    readonly output: { readonly sealed: Uint8Array };
  };
  /** A member's word that a notice has arrived. */
  "open-receipt": {
    readonly input: {
      readonly list: OwnedList;
      readonly secret: string;
      readonly sealed: Uint8Array;
      readonly now: string;
    };
    readonly output:
      | { readonly kind: "not-for-me" }
      | { readonly kind: "receipt"; readonly by: string; readonly news: NewsKind; readonly serial: number };
  };
  /** The list key for a member without the add-on, sealed to their own key. */
  "list-key-file": {
    readonly input: {
      readonly list: OwnedList;
      readonly secret: string;
      /** Armored, from the owner's own log. */
      readonly member: string;
      readonly now: string;
    };
    readonly output: { readonly name: string; readonly armored: string };
  };
  /** Somebody's public key as they sent it, to enrol a person without the add-on. */
  "read-public-key": {
    readonly input: { readonly file: Uint8Array; readonly now: string };
    readonly output: PublicKeyFile;
  };
}

/** What a server card says. */
export interface Card {
  readonly address: string;
  readonly name: string;
  readonly requestAddress: string;
  readonly mode: "whole" | "key";
  readonly delivery: "resealed" | "opened";
  readonly profile: "compatible" | "rfc9580";
  readonly serverCertificate: string;
  readonly serverFingerprint: string;
  readonly code: string;
  readonly expires: string;
}

export interface NewListKey {
  /** The secret half. */
  readonly listKey: string;
  /** The public half, for the server. */
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
