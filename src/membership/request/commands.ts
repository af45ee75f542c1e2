/** What can be asked of a list's server, as values and as JSON. Who may ask, and how it is signed, is requests.ts. */

import { toBase64 } from "../../mail/base64.js";
import type { Address } from "../../mail/mailbox.js";
import { type CopyShape, copyShapes } from "../../mail/part-types.js";
import { armorCertificate, unarmorCertificate } from "../../openpgp/armor.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { type Fingerprint, parseFingerprint } from "../../openpgp/keys.js";
import type { RosterHead } from "../../protocol/message.js";
import { type Fields, formatDate } from "../file/json-fields.js";
import { type CommandName, commandNames, type MemberRole, memberRoles } from "./command-names.js";

export { commandNames, type MemberRole, memberRoles } from "./command-names.js";

/** Longest name of a person, in characters: it stands in a header line of every copy. */
export const MAX_PERSON_NAME = 64;

/** A Message-ID in a command; longer ones are no mail program's. */
const MAX_MESSAGE_ID = 250;

/** Octets of ids and codes: 128 random bits. */
export const ID_OCTETS = 16;

/** What an owner's notice can bring ({@link ./notices.ts}). */
export const newsKinds = ["owners", "new-list-key", "new-server-key"] as const;
export type NewsKind = (typeof newsKinds)[number];

/** Members in one `notice` command. Larger lists take several. Against a command that keeps the server busy. */
export const MAX_NOTICE_COPIES = 1_000;

/** A sealed notice: owners' certificates, at most. Against a "notice" that fills the memory. */
export const MAX_NOTICE_BYTES = 512 * 1024;

/** A sealed receipt: a few hundred bytes, and its signature. Against a "receipt" that fills the database. */
export const MAX_RECEIPT_BYTES = 8 * 1024;

/** One member's copy of a notice, as `writeNotice` sealed it. */
export interface NoticeCopy {
  readonly to: Fingerprint;
  readonly sealed: Uint8Array;
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
  /** An owner gives the list another key. `replaces` is taken until `graceEnds` ({@link ./notices.ts} tells the members). */
  | {
      readonly do: "new-list-key";
      readonly serial: number;
      readonly replaces: Fingerprint;
      readonly listKey: Uint8Array;
      readonly graceEnds: Date;
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
  /** A member has taken a notice. `receipt`: sealed to the owner who made the notice; the server keeps it for them. */
  | {
      readonly do: "receipt";
      readonly news: NewsKind;
      readonly serial: number;
      readonly receipt: Uint8Array;
    }
  /** An owner asks whom a notice was passed on to, and for their receipts. */
  | { readonly do: "receipts"; readonly news: NewsKind; readonly serial: number }
>;

/** The command as it stands in the JSON. */
export function written(command: Command): Readonly<Record<string, unknown>> {
  switch (command.do) {
    case "claim":
      return {
        ...command,
        certificate: armorCertificate(command.certificate),
        listKey: armorCertificate(command.listKey),
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
        listKey: armorCertificate(command.listKey),
        graceEnds: formatDate(command.graceEnds),
      };
    case "notice":
      return {
        ...command,
        copies: command.copies.map(({ to, sealed }) => ({ to, sealed: toBase64(sealed) })),
      };
    case "receipt":
      return { ...command, receipt: toBase64(command.receipt) };
    default:
      return { ...command };
  }
}

/** A primary fingerprint. @throws ListSealError `damaged` */
export function fingerprintOf(fields: Fields, name = "fingerprint"): Fingerprint {
  try {
    return parseFingerprint(fields.line(name, 64));
  } catch (cause) {
    throw new ProtocolError("damaged", "not a fingerprint", { cause });
  }
}

/** The inverse of {@link written}. */
export async function readCommand(fields: Fields): Promise<Command> {
  const said = fields.line("do", 40);
  const name = commandNames.find((each) => each === said);
  if (name === undefined) throw new ProtocolError("unsupported-version", "not a command of this version");
  switch (name) {
    case "claim":
      return {
        do: name,
        code: fields.hex("code", 2 * ID_OCTETS),
        name: fields.line("name", MAX_PERSON_NAME),
        address: fields.address("address"),
        certificate: await unarmorCertificate(fields.armor("certificate")),
        listKey: await unarmorCertificate(fields.armor("listKey")),
        shape: fields.oneOf("shape", copyShapes),
      };
    case "join":
      return {
        do: name,
        name: fields.line("name", MAX_PERSON_NAME),
        certificate: await unarmorCertificate(fields.armor("certificate")),
        introduction: await unarmorCertificate(fields.armor("introduction")),
        shape: fields.oneOf("shape", copyShapes),
      };
    case "enrol":
      return {
        do: name,
        name: fields.line("name", MAX_PERSON_NAME),
        address: fields.address("address"),
        certificate: await unarmorCertificate(fields.armor("certificate")),
        shape: fields.oneOf("shape", copyShapes),
      };
    case "remove":
      return { do: name, address: fields.address("address"), fingerprint: fingerprintOf(fields) };
    case "withdraw":
      return { do: name, address: fields.address("address") };
    case "roster":
      return {
        do: name,
        after: fields.count("after"),
        ...(fields.has("from") ? { from: fields.address("from") } : {}),
      };
    case "renew":
    case "revoke":
      return { do: name, certificate: await unarmorCertificate(fields.armor("certificate")) };
    case "set-role":
      return {
        do: name,
        address: fields.address("address"),
        fingerprint: fingerprintOf(fields),
        role: fields.oneOf("role", memberRoles),
      };
    case "release":
    case "reject":
      return {
        do: name,
        author: fingerprintOf(fields, "author"),
        messageId: fields.line("messageId", MAX_MESSAGE_ID),
      };
    case "preferences":
      return { do: name, shape: fields.oneOf("shape", copyShapes) };
    case "held":
    case "leave":
    case "pause":
    case "resume":
      return { do: name };
    case "new-list-key":
      return {
        do: name,
        serial: fields.count("serial"),
        replaces: fingerprintOf(fields, "replaces"),
        listKey: await unarmorCertificate(fields.armor("listKey")),
        graceEnds: fields.date("graceEnds"),
      };
    case "new-server-key":
      return { do: name, fingerprint: fingerprintOf(fields), replaces: fingerprintOf(fields, "replaces") };
    case "resume-server":
      return { do: name, head: readHead(fields.within("head")) };
    case "notice":
      return {
        do: name,
        ...newsOf(fields),
        copies: fields.objects("copies", MAX_NOTICE_COPIES).map(readCopy),
      };
    case "receipt":
      return { do: name, ...newsOf(fields), receipt: fields.bytes("receipt", MAX_RECEIPT_BYTES) };
    case "receipts":
      return { do: name, ...newsOf(fields) };
  }
}

const newsOf = (fields: Fields) => ({
  news: fields.oneOf("news", newsKinds),
  serial: fields.count("serial"),
});

const readCopy = (fields: Fields): NoticeCopy => ({
  to: fingerprintOf(fields, "to"),
  sealed: fields.bytes("sealed", MAX_NOTICE_BYTES),
});

/** Number and hash of an entry of the record. */
export function readHead(fields: Fields): RosterHead {
  return { number: fields.count("number"), hash: fields.hex("hash", 64) };
}
