/**
 * The queue header that a checked post carries through Postfix to the filter: when it was accepted, and by whose certificate it
 * was checked. The filter keeps nothing of its own, and the author may have left by the time that a copy is made.
 *
 *     X-ListSeal-Slip: <base64url of JSON>.<base64url of HMAC-SHA256 over "listseal-slip" LF JSON>
 *
 * folded, before everything else of the mail. The JSON names the SHA-256 of the mail that follows, without the line ends at
 * its end. The secret is the data folder's: a queue header that somebody else writes, or moves to another mail, is none.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { DataFolder } from "../base/data-folder.js";
import { MAX_HEADER_BYTES } from "../base/limits.js";
import type { Author } from "../store/store.js";

/** What a queue header says of the mail that it is on. */
export interface QueueHeader {
  readonly listId: number;
  /** Milliseconds since 1970. */
  readonly accepted: number;
  readonly author: Author;
}

const FIELD = "X-ListSeal-Slip";
const LINE = 72;

const schema = z.strictObject({
  list: z.number().int(),
  accepted: z.number().int(),
  kind: z.enum(["member", "non-member"]),
  name: z.string(),
  certificate: z.string(),
  digest: z.string(),
});

/** Writes and reads queue headers; see {@link openQueueHeaders}. */
export class QueueHeaders {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** `raw` with a queue header on top. */
  attach(raw: Uint8Array, { listId, accepted, author }: QueueHeader): readonly Uint8Array[] {
    const json = JSON.stringify({
      list: listId,
      accepted,
      kind: author.kind,
      name: author.name,
      certificate: Buffer.from(author.certificate).toString("base64"),
      digest: digestOf(raw),
    } satisfies z.infer<typeof schema>);
    const value = `${Buffer.from(json).toString("base64url")}.${this.#mac(json).toString("base64url")}`;
    const lines = value.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
    return [Buffer.from(`${FIELD}:\r\n ${lines.join("\r\n ")}\r\n`, "latin1"), raw];
  }

  /** The queue header on `mail` and the mail under it; `undefined` if there is none of ours. What Postfix put above is left out. */
  detach(
    mail: Uint8Array,
  ): { readonly header: QueueHeader; readonly raw: Uint8Array; readonly digest: string } | undefined {
    const head = Buffer.from(mail.buffer, mail.byteOffset, Math.min(mail.length, MAX_HEADER_BYTES)).toString(
      "latin1",
    );
    const [section = ""] = head.split("\r\n\r\n", 1);
    const match = /(?:^|\r\n)X-ListSeal-Slip:((?:\r\n[ \t]+|[A-Za-z0-9_.-]| )+)\r\n(?![ \t])/i.exec(
      `${section}\r\n`,
    );
    const [whole = "", value = ""] = match ?? [];
    const [body = "", mac = ""] = value.replaceAll(/\s/g, "").split(".");
    if (match === null || body === "") return undefined;
    const json = Buffer.from(body, "base64url").toString();
    const [ours, theirs] = [this.#mac(json), Buffer.from(mac, "base64url")];
    if (ours.length !== theirs.length || !timingSafeEqual(ours, theirs)) return undefined;
    const raw = mail.subarray(match.index + whole.length);
    const { list, accepted, kind, name, certificate, digest } = schema.parse(JSON.parse(json));
    if (digest !== digestOf(raw)) return undefined;
    return {
      header: {
        listId: list,
        accepted,
        author: { kind, name, certificate: Buffer.from(certificate, "base64") },
      },
      raw,
      digest,
    };
  }

  #mac(json: string): Buffer {
    return createHmac("sha256", this.#secret).update(`listseal-slip\n${json}`).digest();
  }
}

/** Slips with the secret of the data folder, which the server made. @throws the system's error if it can't be read */
export async function openQueueHeaders(folder: DataFolder): Promise<QueueHeaders> {
  return new QueueHeaders(await readFile(folder.tokenSecret));
}

function digestOf(raw: Uint8Array): string {
  let end = raw.length;
  while (end > 0 && (raw[end - 1] === 0x0a || raw[end - 1] === 0x0d)) end--;
  return createHash("sha256").update(raw.subarray(0, end)).digest("base64url");
}
