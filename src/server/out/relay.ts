/**
 * The way out: one connection to the relay (SMTP or LMTP), over which mails go one after another.
 *
 * nodemailer's connection class is used without its mail composer: what is sent is written already, and the body's
 * bytes, shared by all copies of a post, are streamed from one buffer.
 */
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { bodyOf } from "./wire-body.js";

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
}

/** A mail in pieces, sent one after the other, and its envelope. */
export interface OutgoingMail {
  readonly sender: string;
  readonly recipient: string;
  readonly pieces: readonly Uint8Array[];
}

/**
 * How it went.
 * - `refused`: the relay said 5xx to this mail; trying again won't help.
 * - `later`: it said 4xx, or what it said isn't clear: unknown counts as temporary.
 * - `broken`: the connection is no longer usable; nothing is known about this mail.
 */
export type Handover =
  | { readonly kind: "sent" }
  /** `text`: the relay's words, to judge by; they may hold addresses and are never logged. */
  | {
      readonly kind: "refused" | "later";
      readonly reply: number;
      readonly status: string;
      readonly text: string;
    }
  | { readonly kind: "broken"; readonly code: string };

/** How long to wait for the relay, in milliseconds: to connect, and for each answer (RFC 5321, 4.5.3.2: minutes). */
const CONNECT_TIMEOUT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 5 * 60_000;

/** An open connection. */
export interface RelayConnection {
  /** Hands a mail over. After `broken` the connection is closed and must not be used again. */
  send(mail: OutgoingMail): Promise<Handover>;
  close(): void;
}

/** Connects. @throws the system's or nodemailer's error if the relay can't be reached or offers no TLS */
export async function connectToRelay(options: RelayOptions): Promise<RelayConnection> {
  const connection = await openConnection(options);
  return {
    send: (mail) => send(connection, mail),
    close: () => connection.close(),
  };
}

async function openConnection(options: RelayOptions): Promise<SMTPConnection> {
  const connection = new SMTPConnection({
    host: options.host,
    port: options.port,
    lmtp: options.protocol === "lmtp",
    secure: false,
    ...(options.tls === "require"
      ? { requireTLS: true, tls: options.ca === undefined ? {} : { ca: options.ca } }
      : { ignoreTLS: true }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: ANSWER_TIMEOUT_MS,
    logger: false,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once("error", reject);
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    // after a refused certificate or a missing STARTTLS its socket is still open
    connection.on("error", () => undefined);
    connection.close();
    throw error;
  }
  connection.removeAllListeners("error");
  // an idle connection that the relay closes reports here; the next send finds out
  connection.on("error", () => connection.close());
  return connection;
}

/** A mail for many recipients at once. */
export interface BulkMail extends Omit<OutgoingMail, "recipient"> {
  readonly recipients: readonly string[];
}

/** Hands one mail over for all its recipients, on a connection of its own. False if any of them was not taken. */
export async function handOver(options: RelayOptions, mail: BulkMail): Promise<boolean> {
  const connection = await openConnection(options);
  try {
    const size = mail.pieces.reduce((sum, piece) => sum + piece.length, 0);
    const envelope = { from: mail.sender, to: [...mail.recipients], size };
    const body = bodyOf(mail.pieces);
    return await new Promise<boolean>((resolve) => {
      connection.send(envelope, body, (error, info) =>
        resolve(!error && (info?.rejected ?? []).length === 0),
      );
    });
  } finally {
    connection.close();
  }
}

async function send(connection: SMTPConnection, mail: OutgoingMail): Promise<Handover> {
  const size = mail.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const envelope = { from: mail.sender, to: [mail.recipient], size };
  const result = await new Promise<Handover>((resolve) => {
    const body = bodyOf(mail.pieces);
    connection.send(envelope, body, (error, info) => {
      // LMTP answers per recipient after DATA: the error is then beside the result
      const fault = error ?? info?.rejectedErrors?.[0];
      resolve(fault ? verdict(fault) : { kind: "sent" });
    });
  });
  if (result.kind === "broken") connection.close();
  else if (result.kind !== "sent") await reset(connection);
  return result;
}

function verdict(error: Error): Handover {
  const reply = "responseCode" in error && typeof error.responseCode === "number" ? error.responseCode : 0;
  const command = "command" in error && typeof error.command === "string" ? error.command : "";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  // the relay announced a limit in EHLO (RFC 1870) and nodemailer didn't even try
  if (code === "EMESSAGE" && reply === 0) return { kind: "refused", reply: 552, status: "5.3.4", text: "" };
  // an answer to this mail; 421 announces the end of the connection (RFC 5321, 3.8)
  const answered = reply >= 400 && reply < 600 && reply !== 421;
  if (!answered || !/^(MAIL FROM|RCPT TO|DATA)$/.test(command)) return { kind: "broken", code };
  const text = "response" in error && typeof error.response === "string" ? error.response : "";
  const [, status = ""] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(text) ?? [];
  // a relay that refuses our sender is a fault of its settings or ours, not of this copy: it may be put right
  const final = reply >= 500 && (command !== "MAIL FROM" || reply === 552);
  return { kind: final ? "refused" : "later", reply, status, text };
}

/** RSET, so that the next mail starts clean (RFC 5321, 4.1.1.5). */
async function reset(connection: SMTPConnection): Promise<void> {
  await new Promise<void>((resolve) => {
    connection.reset((error) => {
      if (error) connection.close();
      resolve();
    });
  });
}
