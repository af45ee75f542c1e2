/**
 * Reads what comes to a list's bounce address: delivery status notifications (RFC 3464), and the reports of mail
 * systems that write prose instead (more than four of ten).
 *
 * Which copy it is about is in the address that it came to (tokens.ts), never in the report: reports quote
 * addresses that were forwarded, rewritten or made up. Nothing of a report is kept but the verdict.
 */
import type { Email } from "postal-mime";
import { contentOf } from "../../mail/payload.js";
import { readReceived } from "../../mail/received.js";
import { type BounceVerdict, judgeBounce } from "../delivery/bounce-verdict.js";

/** What a report says. */
export type BounceReport =
  | ({ readonly kind: "failed" } & BounceVerdict)
  /** still being tried, delivered, or passed on: nothing to count */
  | { readonly kind: "on-its-way" }
  /** an automatic answer, or anything else that reports no failure */
  | { readonly kind: "other" };

/**
 * As much of a report as is parsed: prose and status stand in front, the mail that came back behind them. Whoever has one
 * copy has a token, so a report is anybody's 50 MiB.
 */
export const MAX_REPORT_BYTES = 256 * 1024;

/** As much of a report's prose as is read; what follows is the mail that came back. */
const MAX_PROSE = 8_000;

/** Where the returned mail begins: its own text must not be taken for the report's. */
const quotation =
  /^(--.*(copy of|original|returned|below this line|message follows|included|headers).*|_{10,}|(> ?)*(return-path|received|content-type): .*)$/im;

/** Prose that reports a failure; a vacation note has none of it. */
const failure =
  /undeliver|not (be |been )?deliver|delivery (to|has|failed|failure|status)|returned mail|mail delivery|failure notice|could ?n[o']t be (delivered|sent)|wasn't delivered|permanent(ly)? (error|fail|fatal)|fatal error|bounced|rejected|unzustellbar|non remis|no se ha podido entregar|配信/i;

/** Reads a report. Never throws: what can't be parsed is read as prose, and what says nothing is `other`. */
export async function readBounceReport(raw: Uint8Array): Promise<BounceReport> {
  let email: Email;
  try {
    email = await readReceived(raw.subarray(0, MAX_REPORT_BYTES), Infinity);
  } catch {
    return readProse("", Buffer.from(raw.subarray(0, MAX_PROSE)).toString("latin1"));
  }
  const subject = email.subject ?? "";
  const prose = email.text ?? withoutTags(email.html ?? "");
  for (const attachment of email.attachments) {
    if (attachment.mimeType.toLowerCase() !== "message/delivery-status") continue;
    const read = readStatus(Buffer.from(contentOf(attachment)).toString("latin1"), prose);
    if (read !== undefined) return read;
  }
  return readStatus(prose, prose) ?? readProse(subject, prose);
}

/**
 * The words of an HTML text. Each octet is looked at once: `<[^>]*>` looks for an end from every `<` on, and 121 kB of
 * them kept the server busy for 5.6 s.
 */
export function withoutTags(html: string): string {
  const [before = "", ...tags] = html.split("<");
  return [before, ...tags.map((tag) => tag.slice(tag.indexOf(">") + 1))].join(" ");
}

/** RFC 3464, 2.3: groups of fields, one a recipient. A copy has one recipient, so the first that failed is it. */
function readStatus(text: string, prose: string): BounceReport | undefined {
  const fields = [
    ...text.replace(/\r?\n[ \t]+/g, " ").matchAll(/^(action|status|diagnostic-code)[ \t]*:(.*)$/gim),
  ];
  const value = (name: string) => fields.find((field) => field[1]?.toLowerCase() === name)?.[2]?.trim();
  const action = value("action")
    ?.toLowerCase()
    .split(/[\s(;]/, 1)[0];
  if (action === undefined || value("status") === undefined) return undefined;
  if (action !== "failed") return { kind: "on-its-way" };
  const diagnosis = (value("diagnostic-code") ?? "").slice(0, MAX_PROSE);
  const status = codeIn(value("status") ?? "");
  // Exchange and others say 5.0.0 in the field and the true code in the text
  const better = status === undefined || /\.0\.0$/.test(status) ? codeIn(diagnosis) : undefined;
  const said = better ?? status;
  // no words of the other side (the name did not resolve): the prose above says why
  const words = diagnosis === "" ? beforeQuotation(prose) : diagnosis;
  return { kind: "failed", ...judgeBounce({ ...(said === undefined ? {} : { status: said }), text: words }) };
}

function readProse(subject: string, prose: string): BounceReport {
  const own = beforeQuotation(prose);
  if (!failure.test(`${subject}\n${own}`)) return { kind: "other" };
  if (
    /\b(delayed|still (be )?(trying|retr)|will (keep|continue) (trying|to try)|warning: could not send)\b/i.test(
      `${subject}\n${own}`,
    )
  ) {
    return { kind: "on-its-way" };
  }
  const status = codeIn(own);
  return { kind: "failed", ...judgeBounce({ ...(status === undefined ? {} : { status }), text: own }) };
}

const codeIn = (text: string): string | undefined =>
  /(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])/.exec(text)?.[1];

function beforeQuotation(prose: string): string {
  const head = prose.slice(0, MAX_PROSE);
  const at = head.search(quotation);
  return at <= 0 ? head : head.slice(0, at);
}
