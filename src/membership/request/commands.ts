/** What can be asked of a list's server, as values and as JSON. Who may ask, and how it is signed, is requests.ts. */

import { toBase64 } from "../../mail/base64.js";
import type { Address } from "../../mail/mailbox.js";
import { type CopyShape, copyShapes } from "../../mail/part-types.js";
import { armorCertificate, unarmorCertificate } from "../../openpgp/armor.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import { type Fingerprint, parseFingerprint } from "../../openpgp/keys.js";
import { type ListKeyId, listKeyKindIn } from "../../openpgp/list-keys.js";
import { isSecretId, type SecretId } from "../../openpgp/secrets.js";
import type { RosterHead } from "../../protocol/message.js";
import { CheckError } from "../file/check.js";
import {
  anyCount,
  armored,
  base64To,
  canonicalAddress,
  type Declaration,
  type DeclaredFields,
  declared,
  either,
  formatDate,
  hexDigits,
  isoDate,
  line,
  objectOf,
  oneKindOf,
  several,
  wordOf,
} from "../file/declaration.js";
import { checked } from "../file/json-fields.js";
import { type CommandName, commandNames, type MemberRole, memberRoles } from "./command-names.js";

export { commandNames, type MemberRole, memberRoles } from "./command-names.js";

/** Longest name of a person, in characters: it is in a header line of every copy. */
export const MAX_PERSON_NAME = 64;

/** A Message-ID in a command; longer ones are no mail program's. */
export const MAX_MESSAGE_ID = 250;

/** The longest name of a command, also of a later version. */
const MAX_COMMAND_NAME = 40;

/** Octets of ids and codes: 128 random bits. */
export const ID_OCTETS = 16;

/** What an owner's notice can bring ({@link ./notices.ts}). */
export const newsKinds = ["owners", "new-list-key", "new-server-key"] as const;
export type NewsKind = (typeof newsKinds)[number];

/** Members in one `notice` command. Larger lists take several. Against a command that keeps the server busy. */
export const MAX_NOTICE_COPIES = 1_000;

/** Members in one `confirm` command; larger imports take several. Against a command that keeps the server busy. */
export const MAX_CONFIRMED = 500;

/** A sealed notice: owners' certificates, at most. Against a "notice" that fills the memory. */
export const MAX_NOTICE_BYTES = 512 * 1024;

/** A sealed receipt: a few hundred bytes, and its signature. Against a "receipt" that fills the database. */
export const MAX_RECEIPT_BYTES = 8 * 1024;

/** Members in one `list-key-notice` command. Larger lists take several. Against a command that keeps the server busy. */
export const MAX_NOTICE_PACKETS = 4_000;

/** One member's session key packet: 0.1 kB for a key on a curve, 1 kB for RSA. Against a "packet" that fills the database. */
export const MAX_NOTICE_PACKET_BYTES = 2 * 1024;

/** Octets that one `shared-notice` command may make of members' mails. Against one of 0.6 MB that fills the queue with gigabytes. */
export const MAX_NOTICE_MAILS_BYTES = 32 * 1024 * 1024;

/** The data packet of a new list key's notice: one secret key, armored and signed. Against a "notice" that fills the database. */
export const MAX_NOTICE_BODY_BYTES = 64 * 1024;

/** The session key packet of a notice for one member (`../notice/shared-notice.ts`). */
export interface NoticePacket {
  readonly to: Fingerprint;
  readonly packet: Uint8Array;
}

/** One member's copy of a notice, as `writeNotice` sealed it. */
export interface NoticeCopy {
  readonly to: Fingerprint;
  readonly sealed: Uint8Array;
}

/** A member whom an owner confirms: exactly this key, at this address, in this role. */
export interface ConfirmedMember {
  readonly address: Address;
  readonly fingerprint: Fingerprint;
  readonly role: MemberRole;
}

/** The notice of a new list key that a server has whole. */
export interface ReadyNotice {
  /** SHA-256 of its data packet, in hex. */
  readonly digest: string;
  /** The newest entry of the record that the owner knows: the notice is for the members of then. */
  readonly head: RosterHead;
}

/** Each command has a name of the list. */
type Named<C extends { readonly do: CommandName }> = C;

/** What is asked for. Certificates are binary OpenPGP, not yet looked at. */
export type Command = Named<
  /** The first owner takes the list, with the code of the server card (32 hex digits). The list's key comes with it. */
  | {
      readonly do: "claim";
      readonly code: string;
      readonly name: string;
      readonly address: Address;
      readonly certificate: Uint8Array;
      /** As `writeListName` gives it: the certificate of a pair, the id of a secret. */
      readonly listKey: Uint8Array;
      readonly shape: CopyShape;
    }
  /** An invitee comes in. Signed twice over the same bytes: by the introduction and by the member key. */
  | {
      readonly do: "join";
      readonly name: string;
      readonly certificate: Uint8Array;
      readonly introduction: Uint8Array;
      readonly shape: CopyShape;
    }
  /**
   * An owner's word that somebody with a certificate of their own is a member at this address: a person with GnuPG alone,
   * or one whom the operator enrolled before, whom the owner confirms by it.
   */
  | {
      readonly do: "enrol";
      readonly name: string;
      readonly address: Address;
      readonly certificate: Uint8Array;
      readonly shape: CopyShape;
    }
  /**
   * An owner's word for members whom the operator added, such as those of an import, in one command. Each is named as the owner saw
   * them; whoever is not on the roster exactly so any more is passed over.
   */
  | { readonly do: "confirm"; readonly members: readonly ConfirmedMember[] }
  /** The asker leaves. */
  | { readonly do: "leave" }
  /** An owner removes a member. Both are named: an address may come to have another key. */
  | { readonly do: "remove"; readonly address: Address; readonly fingerprint: Fingerprint }
  /** An owner takes back an invitation, or all that were made for an address before this request's date. */
  | { readonly do: "withdraw"; readonly address: Address }
  /**
   * Owners get the roster, from the member behind `from` on, and the record's entries after number `after`; members that they
   * are in it.
   */
  | { readonly do: "roster"; readonly after: number; readonly from?: Address }
  /**
   * The asker wants the list key of today: owners are told, and an owner's add-on sends it as a notice. Nothing of it is in
   * the record.
   */
  | { readonly do: "list-key" }
  /** The asker's certificate with another expiry or other subkeys; the primary key is the same. */
  | { readonly do: "renew"; readonly certificate: Uint8Array }
  /** The asker's certificate, revoked: the key is in other hands, or lost. It is the last that the key is taken for. */
  | { readonly do: "revoke"; readonly certificate: Uint8Array }
  | {
      readonly do: "set-role";
      readonly address: Address;
      readonly fingerprint: Fingerprint;
      readonly role: MemberRole;
    }
  /** A moderator asks which posts wait for a decision. */
  | { readonly do: "held" }
  /**
   * A moderator lets a held post through, or throws it away. Named by what its signature says and the moderator saw, not
   * by a number that the server could give to another post.
   */
  | { readonly do: "release" | "reject"; readonly author: Fingerprint; readonly messageId: string }
  | { readonly do: "preferences"; readonly shape: CopyShape }
  /** The asker gets no copies until they `resume`. */
  | { readonly do: "pause" | "resume" }
  /**
   * An owner gives the list another key. `replaces` is taken until `graceEnds`. The members are told by a `notice` afterwards; or,
   * with `notice`, by the one that the server has by `list-key-notice` already, and passes on from this moment.
   */
  | {
      readonly do: "new-list-key";
      readonly serial: number;
      readonly replaces: ListKeyId;
      /** As `writeListName` gives it. */
      readonly listKey: Uint8Array;
      readonly graceEnds: Date;
      readonly notice?: ReadyNotice;
    }
  /** An owner has compared the new server key that the operator made, and takes it in place of `replaces`. */
  | { readonly do: "new-server-key"; readonly fingerprint: Fingerprint; readonly replaces: Fingerprint }
  /** An owner lets a restored server deliver again, and names the newest entry of the record that they know. */
  | { readonly do: "resume-server"; readonly head: RosterHead }
  /** An owner has the server pass on a notice, which the server can't open: one copy a member. */
  | {
      readonly do: "notice";
      readonly news: NewsKind;
      readonly serial: number;
      readonly copies: readonly NoticeCopy[];
    }
  /**
   * The same notice sealed once for all of them (`../notice/shared-notice.ts`): each gets their packet in front of `body`, its data
   * packet, at once. Several commands under one serial may have bodies of their own.
   */
  | {
      readonly do: "shared-notice";
      readonly news: NewsKind;
      readonly serial: number;
      readonly body: Uint8Array;
      readonly packets: readonly NoticePacket[];
    }
  /**
   * An owner leaves the notice of a new list key with the server, sealed once for all members: `body` is its data packet, and each
   * member has a session key packet. As many commands as it takes, under one `body`; none of it is passed on, nor is anything
   * changed, until a `new-list-key` names it.
   */
  | {
      readonly do: "list-key-notice";
      readonly serial: number;
      readonly body: Uint8Array;
      readonly packets: readonly NoticePacket[];
    }
  /** A member has taken a notice. `receipt`: sealed to the owner who made the notice; the server keeps it for them. */
  | {
      readonly do: "receipt";
      readonly news: NewsKind;
      readonly serial: number;
      readonly receipt: Uint8Array;
    }
  /** An owner asks whom a notice was passed on to, and for their receipts. */
  | { readonly do: "receipts"; readonly news: NewsKind; readonly serial: number }
  /** An author asks how many members a post of theirs has reached. `messageId`: the signed one. */
  | { readonly do: "delivery"; readonly messageId: string }
  /** An owner lets members see who else is on the list, or not any more. Nothing of it stands in the record. */
  | { readonly do: "show-members"; readonly members: MemberVisibility }
>;

/** Whether a list shows its members to each other. */
export const memberVisibilities = ["shown", "hidden"] as const;
/** One of {@link memberVisibilities}. */
export type MemberVisibility = (typeof memberVisibilities)[number];

/** The command as it is in the JSON. */
export function written(command: Command): Readonly<Record<string, unknown>> {
  switch (command.do) {
    case "claim":
      return {
        ...command,
        certificate: armorCertificate(command.certificate),
        listKey: writtenListKey(command.listKey),
      };
    case "join":
      return {
        ...command,
        certificate: armorCertificate(command.certificate),
        introduction: armorCertificate(command.introduction),
      };
    case "enrol":
    case "renew":
    case "revoke":
      return { ...command, certificate: armorCertificate(command.certificate) };
    case "new-list-key":
      return {
        ...command,
        listKey: writtenListKey(command.listKey),
        graceEnds: formatDate(command.graceEnds),
      };
    case "notice":
      return {
        ...command,
        copies: command.copies.map(({ to, sealed }) => ({ to, sealed: toBase64(sealed) })),
      };
    case "shared-notice":
    case "list-key-notice":
      return {
        ...command,
        body: toBase64(command.body),
        packets: command.packets.map(({ to, packet }) => ({ to, packet: toBase64(packet) })),
      };
    case "receipt":
      return { ...command, receipt: toBase64(command.receipt) };
    default:
      return { ...command };
  }
}

/** A primary fingerprint: in lower case as we write it, in either as gpg shows it to people who write a command by hand. */
export const fingerprintText: Declaration<Fingerprint> = declared(
  { type: "string", pattern: "^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$" },
  (value) => {
    try {
      if (typeof value === "string") return parseFingerprint(value);
    } catch (thrown) {
      if (!(thrown instanceof ListSealError)) throw thrown;
    }
    throw new CheckError("a fingerprint");
  },
);

/** The id of a secret. */
export const secretIdText: Declaration<SecretId> = declared(
  { type: "string", pattern: "^[0-9a-f]{32}$" },
  (value) => {
    if (typeof value !== "string" || !isSecretId(value)) throw new CheckError("the id of a secret");
    return value;
  },
);

/** What a list key is called: the fingerprint of a pair, the id of a secret. */
export const listKeyIdText: Declaration<ListKeyId> = either(secretIdText, fingerprintText);

/** A list key as the server may have it, in JSON: an armored certificate, or a secret's id. */
const writtenListKey = (name: Uint8Array): string =>
  listKeyKindIn(name) === "secret" ? new TextDecoder().decode(name) : armorCertificate(name);

const readWrittenListKey = async (text: string): Promise<Uint8Array> =>
  isSecretId(text) ? new TextEncoder().encode(text) : unarmorCertificate(text);

/** Number and hash of an entry of the record. */
export const headDeclaration = objectOf({ number: anyCount, hash: hexDigits(64) });

const named = { address: canonicalAddress, fingerprint: fingerprintText };
const newcomer = { name: line(MAX_PERSON_NAME), certificate: armored, shape: wordOf(...copyShapes) };
const news = { news: wordOf(...newsKinds), serial: anyCount };
const noticePacket = objectOf({ to: fingerprintText, packet: base64To(MAX_NOTICE_PACKET_BYTES) });
const held = { author: fingerprintText, messageId: line(MAX_MESSAGE_ID) };

/** The fields of each command. */
const commandFields = {
  claim: objectOf({
    do: wordOf("claim"),
    code: hexDigits(2 * ID_OCTETS),
    address: canonicalAddress,
    ...newcomer,
    listKey: either(armored, secretIdText),
  }),
  join: objectOf({ do: wordOf("join"), ...newcomer, introduction: armored }),
  enrol: objectOf({ do: wordOf("enrol"), address: canonicalAddress, ...newcomer }),
  confirm: objectOf({
    do: wordOf("confirm"),
    members: several(objectOf({ ...named, role: wordOf(...memberRoles) }), { limit: MAX_CONFIRMED }),
  }),
  leave: objectOf({ do: wordOf("leave") }),
  remove: objectOf({ do: wordOf("remove"), ...named }),
  withdraw: objectOf({ do: wordOf("withdraw"), address: canonicalAddress }),
  roster: objectOf({ do: wordOf("roster"), after: anyCount }, { from: canonicalAddress }),
  "list-key": objectOf({ do: wordOf("list-key") }),
  renew: objectOf({ do: wordOf("renew"), certificate: armored }),
  revoke: objectOf({ do: wordOf("revoke"), certificate: armored }),
  "set-role": objectOf({ do: wordOf("set-role"), ...named, role: wordOf(...memberRoles) }),
  held: objectOf({ do: wordOf("held") }),
  release: objectOf({ do: wordOf("release"), ...held }),
  reject: objectOf({ do: wordOf("reject"), ...held }),
  preferences: objectOf({ do: wordOf("preferences"), shape: wordOf(...copyShapes) }),
  pause: objectOf({ do: wordOf("pause") }),
  resume: objectOf({ do: wordOf("resume") }),
  "new-list-key": objectOf(
    {
      do: wordOf("new-list-key"),
      serial: anyCount,
      replaces: listKeyIdText,
      listKey: either(armored, secretIdText),
      graceEnds: isoDate,
    },
    { notice: objectOf({ digest: hexDigits(64), head: headDeclaration }) },
  ),
  "new-server-key": objectOf({
    do: wordOf("new-server-key"),
    fingerprint: fingerprintText,
    replaces: fingerprintText,
  }),
  "resume-server": objectOf({ do: wordOf("resume-server"), head: headDeclaration }),
  notice: objectOf({
    do: wordOf("notice"),
    ...news,
    copies: several(objectOf({ to: fingerprintText, sealed: base64To(MAX_NOTICE_BYTES) }), {
      limit: MAX_NOTICE_COPIES,
    }),
  }),
  "shared-notice": objectOf({
    do: wordOf("shared-notice"),
    ...news,
    body: base64To(MAX_NOTICE_BYTES),
    packets: several(noticePacket, { limit: MAX_NOTICE_COPIES }),
  }),
  "list-key-notice": objectOf({
    do: wordOf("list-key-notice"),
    serial: anyCount,
    body: base64To(MAX_NOTICE_BODY_BYTES),
    packets: several(noticePacket, { limit: MAX_NOTICE_PACKETS }),
  }),
  receipt: objectOf({ do: wordOf("receipt"), ...news, receipt: base64To(MAX_RECEIPT_BYTES) }),
  receipts: objectOf({ do: wordOf("receipts"), ...news }),
  "show-members": objectOf({ do: wordOf("show-members"), members: wordOf(...memberVisibilities) }),
  delivery: objectOf({ do: wordOf("delivery"), messageId: line(MAX_MESSAGE_ID) }),
} satisfies DeclaredFields<Record<CommandName, unknown>>;

/** What a request asks for, as it is in its JSON. */
export const commandDeclaration = oneKindOf("do", commandFields);

/** The inverse of {@link written}. @throws ListSealError `damaged`; `unsupported-version` for a command of a later version */
export async function readCommand(value: unknown): Promise<Command> {
  const { do: name } = checked(value, objectOf({ do: line(MAX_COMMAND_NAME) }), "damaged");
  if (!commandNames.some((each) => each === name))
    throw new ProtocolError("unsupported-version", "not a command of this version");
  const command = checked(value, commandDeclaration, "damaged");
  switch (command.do) {
    case "claim":
      return {
        ...command,
        certificate: await unarmorCertificate(command.certificate),
        listKey: await readWrittenListKey(command.listKey),
      };
    case "join":
      return {
        ...command,
        certificate: await unarmorCertificate(command.certificate),
        introduction: await unarmorCertificate(command.introduction),
      };
    case "enrol":
    case "renew":
    case "revoke":
      return { ...command, certificate: await unarmorCertificate(command.certificate) };
    case "new-list-key":
      return { ...command, listKey: await readWrittenListKey(command.listKey) };
    default:
      return command;
  }
}
