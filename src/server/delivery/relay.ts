/**
 * The way out: one connection to the relay (SMTP or LMTP), over which mails go one after another, and what its answers mean
 * for a mail.
 */
import { codeOfThrown } from "../base/error-code.js";
import {
  type DeliveryReplies,
  type EndOfData,
  type Envelope,
  type RelayReply,
  SmtpClient,
  type SmtpTimeouts,
} from "./smtp-client.js";

/** Where the relay is. */
export interface RelayOptions {
  readonly protocol: "smtp" | "lmtp";
  readonly host: string;
  readonly port: number;
  /**
   * `require`: STARTTLS with a certificate that fits, or no mail. `none`: for a relay on this machine, where nobody is
   * in between.
   */
  readonly tls: "require" | "none";
  /** PEM: the authority that the relay's certificate is checked against, if it isn't a public one. */
  readonly ca?: string;
  /** How long it may take, where that is not RFC 5321's. */
  readonly patience?: Partial<SmtpTimeouts>;
}

/** A mail in pieces, sent one after the other, and its envelope. */
export interface OutgoingMail {
  readonly sender: string;
  readonly recipient: string;
  readonly pieces: readonly Uint8Array[];
}

/**
 * How it went.
 * - `sent`: the relay has it. `queueId`: under this name, if it said one.
 * - `refused`: the relay said 5xx to this mail; trying again won't help.
 * - `later`: it said 4xx, or what it said isn't clear: unknown counts as temporary.
 * - `broken`: the connection is no longer usable; nothing is known about this mail.
 * - `withheld`: it was not ended, and the connection is closed: the relay has no mail.
 */
export type RelayResult =
  | { readonly kind: "sent"; readonly queueId?: string }
  /** `text`: the relay's words, to judge by; they may hold addresses and are never logged. */
  | {
      readonly kind: "refused" | "later";
      readonly reply: number;
      readonly status: string;
      readonly text: string;
    }
  | { readonly kind: "broken"; readonly code: string }
  | { readonly kind: "withheld" };

/** An open connection. */
export interface RelayConnection {
  /**
   * Hands a mail over. After `broken` and `withheld` the connection is closed and must not be used again.
   *
   * @param ending says when the mail may be ended, and whether; at once if absent
   * @param next asked when it is ended: the mail that is handed over next, if it is known. Its envelope is sent along where the
   *        relay allows that, and another mail can't be sent on this connection then
   * @throws what `ending` rejects with; the connection is then closed, too
   */
  send(mail: OutgoingMail, ending?: EndOfData, next?: () => OutgoingMail | undefined): Promise<RelayResult>;
  close(): void;
}

/** Connects. @throws the system's or SmtpClient's error if the relay can't be reached or offers no TLS */
export async function connectToRelay(options: RelayOptions): Promise<RelayConnection> {
  const client = await SmtpClient.connect(options);
  return {
    send: (mail, ending, next) => send(client, mail, ending, next),
    close: () => client.close(),
  };
}

/** A mail for many recipients at once. */
export interface BulkMail extends Omit<OutgoingMail, "recipient"> {
  readonly recipients: readonly string[];
}

/**
 * Hands one mail over for all its recipients, on a connection of its own. False if any of them was not taken.
 *
 * @throws what `ending` rejects with; the mail was not ended then
 */
export async function handOver(options: RelayOptions, mail: BulkMail, ending?: EndOfData): Promise<boolean> {
  const client = await SmtpClient.connect(options);
  try {
    const sent = await client.send(mail, ending);
    if (sent.decider !== "mail") return false;
    return sent.replies.every((reply) => reply.kind === "answer" && reply.code === 250);
  } finally {
    client.close();
  }
}

async function send(
  client: SmtpClient,
  mail: OutgoingMail,
  ending?: EndOfData,
  next?: () => OutgoingMail | undefined,
): Promise<RelayResult> {
  // the relay announced a limit in EHLO (RFC 1870): it is not even tried
  if (isTooLarge(client, mail)) return { kind: "refused", reply: 552, status: "5.3.4", text: "" };
  const announced = (): Envelope | undefined => {
    const following = next?.();
    return following === undefined || isTooLarge(client, following) ? undefined : envelopeOf(following);
  };
  const result = verdict(await client.send(envelopeOf(mail), ending, announced));
  if (result.kind === "broken") client.destroy();
  else if (result.kind === "refused" || result.kind === "later") await client.reset();
  return result;
}

const envelopeOf = ({ sender, recipient, pieces }: OutgoingMail): Envelope => ({
  sender,
  recipients: [recipient],
  pieces,
});

const isTooLarge = (
  { maxOctets = Number.POSITIVE_INFINITY }: SmtpClient,
  { pieces }: OutgoingMail,
): boolean => pieces.reduce((sum, piece) => sum + piece.length, 0) > maxOctets;

function verdict(sent: DeliveryReplies): RelayResult {
  if (sent.decider === "withheld") return { kind: "withheld" };
  const {
    decider,
    replies: [reply],
  } = sent;
  if (reply === undefined) return { kind: "broken", code: "EPROTOCOL" };
  if (reply.kind === "lost") return { kind: "broken", code: codeOf(reply) };
  const { code, text } = reply;
  // attack or fault: only what is said after the end of a mail says that the mail was taken (RFC 5321, 6.1)
  if (decider === "mail" && code >= 200 && code < 300) return { kind: "sent", ...queueIdIn(text) };
  // an answer to this mail; 421 announces the end of the connection (RFC 5321, 3.8)
  if (code < 400 || code >= 600 || code === 421) return { kind: "broken", code: `${code}` };
  const [, status = ""] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(text) ?? [];
  // a relay that refuses our sender is a fault of its settings or ours, not of this copy: it may be put right
  const final = code >= 500 && (decider !== "MAIL" || code === 552);
  return { kind: final ? "refused" : "later", reply: code, status, text };
}

/** Longest name of a mail in a relay's queue that the log takes. Stops a relay from writing our log. */
const MAX_QUEUE_ID = 64;

/**
 * Under which name the relay keeps the mail, to be looked for in its log: Postfix's "queued as 4XyZ", Exim's "id=1tG-",
 * Sendmail's "4AT9 Message accepted".
 */
function queueIdIn(text: string): { readonly queueId?: string } {
  const [, found] =
    /\b(?:queued as |id=)([\w.-]+)/i.exec(text) ?? /\b([\w.-]+) message accepted\b/i.exec(text) ?? [];
  return found === undefined || found.length > MAX_QUEUE_ID ? {} : { queueId: found };
}

const codeOf = ({ cause }: Extract<RelayReply, { kind: "lost" }>): string =>
  codeOfThrown(cause) ?? cause.name;
