/**
 * The server card: what an operator hands to the person who will own a list.
 *
 * An OpenPGP message in clear (`gpg --verify`, `gpg -d` show it), signed by the list's own server key, kind `card`. The
 * certificate that verifies it is inside, so the signature proves only that the card is whole: the owner compares the
 * fingerprint with the operator. Its claim code is a secret between the two until the list is claimed.
 *
 * ```json
 * { "listseal": 1, "kind": "card",
 *   "list": { "address": "team@lists.example", "name": "Team", "requestAddress": "team-request@lists.example",
 *             "mode": "key", "delivery": "resealed", "profile": "compatible" },
 *   "server": "-----BEGIN PGP PUBLIC KEY BLOCK-----...",
 *   "code": "<32 hex digits>", "expires": "2026-08-08T00:00:00Z" }
 * ```
 */
import { localPartOf } from "../../mail/mailbox.js";
import { hex, sha256 } from "../../openpgp/digest.js";
import { ListSealError } from "../../openpgp/errors.js";
import {
  armorSealingKey,
  type OpeningKey,
  readSealingKey,
  type SealingKey,
  sealingHalf,
} from "../../openpgp/keys.js";
import { type ListKeyKind, listKeyKinds } from "../../openpgp/list-keys.js";
import { assertSize } from "../../openpgp/policy.js";
import { profileOf } from "../../openpgp/secrets.js";
import { verifyOnly } from "../../openpgp/signature.js";
import { readSignedMessage, type SignedMessage, writeSignedMessage } from "../../openpgp/signed-message.js";
import { notations, readNotations } from "../../protocol/binding.js";
import { armored, formatDate, hexDigits, isoDate, objectOf, several, wordOf } from "../file/declaration.js";
import { MembershipError } from "../file/errors.js";
import { FILE_VERSION, kindFields, readJson } from "../file/json-fields.js";
import { jsonBytes } from "../request/request.js";
import { type ListInfo, listWords, readListWords, writeListWords } from "./list-info.js";

/** An honest card has about 2 kB. Against a "card" that fills the memory. */
export const MAX_CARD_BYTES = 64 * 1024;

/** How long a card may be used, in milliseconds: it lies in mails and on sticks until then. */
export const CARD_LIFE_MS = 7 * 24 * 60 * 60 * 1000;

const CODE_OCTETS = 16;

/** A server card. */
export interface ServerCard extends ListInfo {
  readonly server: SealingKey<"server">;
  /** 128 random bits in hex ({@link makeClaimCode}). */
  readonly code: string;
  /** Whole seconds. */
  readonly expires: Date;
  /** The kinds of list keys of which the owner may choose one. */
  readonly listKeys: readonly ListKeyKind[];
}

/** A fresh claim code. The server keeps {@link claimDigest} of it, never the code. */
export function makeClaimCode(): string {
  return hex(crypto.getRandomValues(new Uint8Array(CODE_OCTETS)));
}

/** What a server keeps of a claim code: SHA-256 over a label and the code, in hex. (128 random bits need no stretching.) */
export function claimDigest(code: string): Promise<string> {
  return sha256(new TextEncoder().encode(`listseal claim\n${code}`));
}

/** The name of a card's file: `team-server.listseal`. */
export function cardFileName({ listAddress }: Pick<ServerCard, "listAddress">): string {
  return `${localPartOf(listAddress).replace(/[^a-z0-9._+-]/g, "_")}-server.listseal`;
}

/** Whether a `.listseal` file is a card: it begins with a one-pass signature packet, and what is under a code does not. */
export function isCard(file: Uint8Array): boolean {
  return file[0] === 0xc4;
}

/**
 * Writes a card.
 *
 * @param server the list's server key, both halves
 * @returns the file, binary
 */
export async function writeCard(
  card: Omit<ServerCard, "server">,
  server: OpeningKey<"server">,
  date: Date = new Date(),
): Promise<Uint8Array> {
  const bytes = jsonBytes({
    listseal: FILE_VERSION,
    kind: "card",
    list: writeListWords(card),
    server: armorSealingKey(sealingHalf(server)),
    code: card.code,
    expires: formatDate(card.expires),
    ...(card.listKeys.includes("secret") ? { listKeys: card.listKeys } : {}),
  });
  return writeSignedMessage(bytes, server, notations({ kind: "card" }), date);
}

/** A card's JSON. */
export const cardDeclaration = objectOf(
  {
    ...kindFields("card"),
    list: listWords,
    server: armored,
    code: hexDigits(2 * CODE_OCTETS),
    expires: isoDate,
  },
  { listKeys: several(wordOf(...listKeyKinds), { limit: listKeyKinds.length, least: 1 }) },
);

function damaged(why: string, cause?: unknown): ListSealError {
  return new MembershipError("card-damaged", why, { cause });
}

async function takeApart(file: Uint8Array): Promise<SignedMessage> {
  try {
    return await readSignedMessage(file, MAX_CARD_BYTES);
  } catch (cause) {
    throw damaged("not a signed text", cause);
  }
}

/**
 * Reads a card: all of it, verified, or an error. The caller shows the server key's fingerprint, to be compared with the
 * operator, before the list is claimed.
 *
 * @throws ListSealError `too-large`, `card-damaged` (not a card, altered, cut short), `wrong-kind` (another kind of file),
 *   `unsupported-version`, `card-expired`, `wrong-role`, `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` (the server key),
 *   `from-the-future` (a clock is wrong)
 */
export async function readCard(file: Uint8Array, now: Date = new Date()): Promise<ServerCard> {
  assertSize(file, MAX_CARD_BYTES, "the card");
  const { bytes, signatures } = await takeApart(file);
  const said = readJson(bytes, cardDeclaration, { kind: "card", from: "file", code: "card-damaged" });
  // servers that don't say it know pairs alone
  const { code, expires, listKeys = ["pair"] } = said;
  const server = await serverOf(said.server, now);
  const card: ServerCard = { ...readListWords(said.list), code, expires, listKeys, server };
  if (profileOf(card.server) !== card.profile) throw damaged("the server key is not of the list's profile");
  try {
    const { notations: named } = await verifyOnly(bytes, signatures, card.server.certificate, now);
    readNotations(named, "card", []);
  } catch (thrown) {
    if (thrown instanceof ListSealError && thrown.code === "from-the-future") throw thrown;
    throw damaged("the signature does not fit", thrown);
  }
  if (card.expires <= now) throw new MembershipError("card-expired", "the card has expired");
  return card;
}

async function serverOf(armor: string, now: Date): Promise<SealingKey<"server">> {
  try {
    return await readSealingKey("server", armor, now);
  } catch (thrown) {
    if (thrown instanceof ListSealError && thrown.code === "key-damaged")
      throw damaged("no server key", thrown);
    throw thrown;
  }
}
