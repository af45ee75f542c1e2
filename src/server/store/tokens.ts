/**
 * Tokens in addresses and links that say "this is about that member" and can't be made up.
 *
 * Where a copy could not be delivered is read from the address that the report comes back to (VERP), and who wants to
 * leave from the link that was used: neither carries a signature. So both carry a MAC under a secret of this server.
 * Without it, anybody could get somebody else suspended or removed by writing one mail.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isOpenToOthers, writeDurably } from "../base/data-folder.js";
import { BOUNCE_TOKEN_DAYS, DAY_MS, MAX_LIST_LOCAL_PART } from "../base/limits.js";
import { KeyFileError } from "./server-keys.js";

/** Octets of the MAC: 80 bits. Each guess is a mail or a request to this server. */
const MAC_OCTETS = 10;
const SECRET_OCTETS = 32;
/** Whole lower-case letters and digits: mail systems fold addresses to lower case. */
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

type Purpose = "bounce" | "leave";

/** Whom a token is about: a member's number is never used again, so a token dies with the membership. */
export interface TokenSubject {
  readonly listId: number;
  readonly id: number;
}

/** Whose copy a report is about, and of which post, where the token says so. */
export interface BouncedCopy {
  readonly memberId: number;
  readonly postId?: number;
}

/**
 * Digits and dashes in front of the MAC of a bounce token: with the MAC, `-bounces+` and the longest name of a list they fill the 64
 * octets of a local part (RFC 5321, 4.5.3.1.1).
 */
const MAX_BOUNCE_BODY = 64 - MAX_LIST_LOCAL_PART - "-bounces+".length - "-".length - 16;

/** Makes and reads tokens; see {@link openTokens}. */
export class Tokens {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /**
   * `<member>-<day>-<post>-<mac>` for the envelope sender of a copy. Good for some days only: a member who forwards a mail
   * with all its headers gives the token away.
   *
   * @param postId the kept post, where there is one; left out where its digits would make an address too long
   */
  bounce(member: TokenSubject, now: number, postId?: number): string {
    const day = Math.floor(now / DAY_MS);
    const body = `${member.id.toString(36)}-${day.toString(36)}`;
    const withPost = postId === undefined ? body : `${body}-${postId.toString(36)}`;
    const said = withPost.length > MAX_BOUNCE_BODY ? body : withPost;
    return `${said}-${this.#mac("bounce", member.listId, said)}`;
  }

  /** Which copy the report is about, or `undefined` for a token that is not ours or too old. */
  readBounce(listId: number, token: string, now: number): BouncedCopy | undefined {
    const { body, id, day, post, mac } =
      /^(?<body>(?<id>[0-9a-z]{1,9})-(?<day>[0-9a-z]{1,5})(?:-(?<post>[0-9a-z]{1,9}))?)-(?<mac>[a-z2-7]{16})$/.exec(
        token,
      )?.groups ?? {};
    if (body === undefined || id === undefined || day === undefined || mac === undefined) return undefined;
    if (!this.#fits(mac, "bounce", listId, body)) return undefined;
    const age = Math.floor(now / DAY_MS) - Number.parseInt(day, 36);
    if (age > BOUNCE_TOKEN_DAYS) return undefined;
    return {
      memberId: Number.parseInt(id, 36),
      ...(post === undefined ? {} : { postId: Number.parseInt(post, 36) }),
    };
  }

  /** `<member>-<mac>` for List-Unsubscribe. Good as long as the membership: people use old mail to leave. */
  leave(member: TokenSubject): string {
    const body = member.id.toString(36);
    return `${body}-${this.#mac("leave", member.listId, body)}`;
  }

  /** The member who wants to leave, or `undefined`. */
  readLeave(listId: number, token: string): number | undefined {
    const { id, mac } = /^(?<id>[0-9a-z]{1,9})-(?<mac>[a-z2-7]+)$/.exec(token)?.groups ?? {};
    if (id === undefined || mac === undefined || !this.#fits(mac, "leave", listId, id)) return undefined;
    return Number.parseInt(id, 36);
  }

  #fits(mac: string, purpose: Purpose, listId: number, body: string): boolean {
    const [ours, theirs] = [Buffer.from(this.#mac(purpose, listId, body)), Buffer.from(mac)];
    return ours.length === theirs.length && timingSafeEqual(ours, theirs);
  }

  #mac(purpose: Purpose, listId: number, body: string): string {
    const digest = createHmac("sha256", this.#secret)
      .update(`listseal-${purpose}\n${listId}\n${body}`)
      .digest()
      .subarray(0, MAC_OCTETS);
    let text = "";
    for (let bit = 0; bit < MAC_OCTETS * 8; bit += 5) {
      const two = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0);
      text += alphabet[(two >> (11 - (bit & 7))) & 31] ?? "";
    }
    return text;
  }
}

/**
 * The tokens of the secret in `file`, which is made if it is not there.
 *
 * @throws KeyFileError if others can read it, or it is not such a secret
 */
export async function openTokens(file: string): Promise<Tokens> {
  if (!existsSync(file)) await writeDurably(file, randomBytes(SECRET_OCTETS), 0o600);
  if (await isOpenToOthers(file)) throw new KeyFileError(`others can read ${file}: run chmod 600 on it`);
  const secret = await readFile(file);
  if (secret.length !== SECRET_OCTETS)
    throw new KeyFileError(`${file} does not hold a secret of 32 bytes: restore it from your copy`);
  return new Tokens(secret);
}
