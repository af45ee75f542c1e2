/**
 * The front: SMTP or LMTP in. It checks form and limits, hands a whole mail on, and answers; 250 only when the handler
 * says that the mail is on disk.
 *
 * smtp-server (3.21.6) speaks the protocol and stands up to smuggling (it ends DATA at CR LF . CR LF alone). What it
 * leaves open is closed here: foreign recipients (it would relay), their number, strange parameters, NUL octets, bare line ends, endless
 * headers, slow senders, memory over all connections.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { setImmediate as others } from "node:timers/promises";
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream } from "smtp-server";
import { BufferCollector, collectAfter, collectYoungAfter } from "../base/force-gc.js";
import {
  CLOSE_TIMEOUT_MS,
  DATA_TIMEOUT_MS,
  MAX_BYTES_IN_FLIGHT,
  MAX_COMMAND_BYTES,
  MAX_CONNECTIONS,
  MAX_MAIL_BYTES,
  MAX_SMTP_RECIPIENTS,
  SESSION_TIMEOUT_MS,
  SOCKET_TIMEOUT_MS,
} from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import { Clients } from "./clients.js";
import {
  badParameters,
  noSuchAddress,
  onlyAscii,
  queued,
  type Reply,
  ReplyError,
  tooBusy,
  tooLarge,
  tooManyConnections,
  tooSlow,
  tryLater,
} from "./reply.js";
import { WireCheck } from "./wire-check.js";

/** What the front hands on. Both may take their time; what they throw is answered with "try later". */
export interface Handler {
  /** Whether mail to `recipient` (as the client wrote it) is for us, asked at RCPT. */
  isOurs(recipient: string): Promise<boolean>;
  /** Takes a mail for one recipient; 250 is sent if the reply's code says so, so it must be durable by then. */
  take(recipient: string, sender: string, raw: Uint8Array): Promise<Reply>;
}

/** Where and how to listen. */
export interface SmtpListenerOptions {
  readonly protocol: "smtp" | "lmtp";
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** How long to wait for clients, in milliseconds; limits.ts has the defaults. */
  readonly patience?: { readonly silence: number; readonly mail: number; readonly session: number };
  /** Largest mail, in bytes; {@link MAX_MAIL_BYTES} if absent, and never more. */
  readonly maxBytes?: number;
  /** PEM key and certificate for STARTTLS; without them it isn't offered. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A front that listens. */
export interface SmtpListener {
  readonly protocol: "smtp" | "lmtp";
  readonly host: string;
  readonly port: number;
  /** Goes on with a renewed certificate; connections that are encrypted already stay as they are. */
  renew(tls: { readonly key: string; readonly cert: string }): void;
  /** Takes no more connections; resolves when the open ones are done or their time is up. */
  close(): Promise<void>;
}

/** Bytes of mail being received now; one budget for all fronts of a process. */
export class MemoryBudget {
  #used = 0;

  /** Takes `bytes` if they fit. */
  take(bytes: number): boolean {
    if (this.#used + bytes > MAX_BYTES_IN_FLIGHT) return false;
    this.#used += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}

/** Opens a front. @throws the system's error if it can't listen */
export async function openFront(
  options: SmtpListenerOptions,
  handler: Handler,
  budget: MemoryBudget,
  log: Log,
): Promise<SmtpListener> {
  const patience = options.patience ?? {
    silence: SOCKET_TIMEOUT_MS,
    mail: DATA_TIMEOUT_MS,
    session: SESSION_TIMEOUT_MS,
  };
  const clients = new Clients();
  const server = new SMTPServer({
    lmtp: options.protocol === "lmtp",
    disabledCommands: options.tls ? ["AUTH"] : ["AUTH", "STARTTLS"],
    ...(options.tls ?? {}),
    authOptional: true,
    disableReverseLookup: true,
    hideSMTPUTF8: true,
    banner: "ListSeal",
    logger: false,
    size: options.maxBytes ?? MAX_MAIL_BYTES,
    rejectOversized: true,
    maxClients: MAX_CONNECTIONS,
    maxRecipients: MAX_SMTP_RECIPIENTS,
    maxCommandLength: MAX_COMMAND_BYTES,
    socketTimeout: patience.silence,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onConnect(session, answer) {
      answer(clients.isGreedy(session) ? new ReplyError(tooManyConnections) : null);
    },
    onMailFrom({ address, args }, _session, answer) {
      if (!isAscii(address)) return answer(new ReplyError(onlyAscii));
      answer(hasForeignParameters(args, ["SIZE", "BODY"]) ? new ReplyError(badParameters) : null);
    },
    onRcptTo({ address, args }, _session, answer) {
      if (hasForeignParameters(args, [])) return answer(new ReplyError(badParameters));
      if (!isAscii(address)) return answer(new ReplyError(onlyAscii));
      handler.isOurs(address).then(
        (ours) => answer(ours ? null : new ReplyError(noSuchAddress)),
        (error: unknown) => {
          log.error("recipient-check-failed", { code: codeForLog(error) });
          answer(new ReplyError(tryLater));
        },
      );
    },
    onData(stream, session, answer) {
      const { envelope } = session;
      const answered = clients.taking(session);
      const [recipient] = envelope.rcptTo;
      const sender = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
      let octets = 0;
      receive(stream, budget, patience.mail, declaredSize(envelope.mailFrom))
        .then(async (received) => {
          if (received.kind === "refused") return received.reply;
          const { raw } = received;
          octets = raw.length;
          try {
            if (recipient === undefined) return noSuchAddress;
            return await handler.take(recipient.address, sender, raw);
          } finally {
            budget.release(octets);
          }
        })
        .catch((error: unknown) => {
          log.error("mail-failed", { code: codeForLog(error) });
          return tryLater;
        })
        .then((outcome) => {
          if (outcome.code === 250) collectAfter(octets);
          else collectYoungAfter(octets);
          const reply = isReport(sender, recipient?.address) && outcome.code >= 500 ? queued : outcome;
          const { code, status, text } = reply;
          if (code === 250) answer(null, `${status} ${text}`);
          else answer(new ReplyError(reply));
          answered();
        });
    },
  });
  // without a handler, a peer that resets its connection ends the process
  server.on("error", (error: Error) => log.warn("connection-failed", { code: codeForLog(error) }));

  clients.watch(server.server);
  server.server.on("connection", (socket: Socket) => {
    // unref: STARTTLS takes the listeners off the plain socket, so its end may not be heard
    const end = setTimeout(() => socket.destroy(), patience.session).unref();
    socket.once("close", () => clearTimeout(end));
  });
  const listener = server.listen(options.port, options.host);
  await Promise.race([
    once(listener, "listening"),
    once(listener, "error").then(([error]: unknown[]) => Promise.reject(error)),
  ]);
  const bound = listener.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : options.port;
  return {
    protocol: options.protocol,
    host: options.host,
    port,
    renew: (tls) => server.updateSecureContext(tls),
    close: () => new Promise((done) => server.close(done)),
  };
}

/**
 * Whether a command carries a parameter that was not offered in EHLO. smtp-server takes anything after the address, also
 * a second one: `MAIL FROM:<a> <b>`, which two servers may read as two senders (RFC 5321, 4.1.1.11: 555).
 */
function hasForeignParameters(args: SMTPServerAddress["args"], offered: readonly string[]): boolean {
  return args !== false && Object.keys(args).some((name) => !offered.includes(name));
}

/** A report about a copy. One that is refused, for its size or its shape, only makes another report, or a postmaster look. */
const isReport = (sender: string, recipient = ""): boolean =>
  sender === "" && /-bounces(\+[^@]*)?@/i.test(recipient);

/** SMTPUTF8 (RFC 6531, 3.5) is not offered, and no list has such an address: what came so could go on to nobody. */
const isAscii = (address: string): boolean => !/[^\x20-\x7e]/.test(address);

type Received =
  | { readonly kind: "received"; readonly raw: Uint8Array }
  | { readonly kind: "refused"; readonly reply: Reply };

/**
 * Reads a mail to its end. Of one that is too large, or too much beside the others, nothing is kept, but it is read on:
 * SMTP has no way to stop a sender in the middle but to close, which a slow one gets.
 *
 * The caller releases `raw.length` bytes of the budget.
 */
async function receive(
  stream: SMTPServerDataStream,
  budget: MemoryBudget,
  patience: number,
  declared: number,
): Promise<Received> {
  let mail: Buffer = Buffer.allocUnsafeSlow(Math.max(declared + MORE_THAN_DECLARED, FIRST_BYTES));
  let held = 0;
  let fault: Reply | undefined;
  const intake = new WireCheck();
  const garbage = new BufferCollector();
  let sinceTurn = 0;
  const giveUp = (reply: Reply) => {
    fault ??= reply;
    budget.release(held);
    held = 0;
    mail = Buffer.alloc(0);
  };
  const deadline = setTimeout(() => {
    giveUp(tooSlow);
    stream.destroy();
  }, patience);
  try {
    for await (const chunk of stream) {
      if (fault !== undefined || !Buffer.isBuffer(chunk)) continue;
      intake.add(chunk);
      if (stream.sizeExceeded) giveUp(tooLarge);
      else if (intake.fault !== undefined) giveUp(intake.fault);
      else if (!budget.take(chunk.length)) giveUp(tooBusy);
      else {
        if (held + chunk.length > mail.length)
          mail = await enlarged(mail.subarray(0, held), held + chunk.length);
        mail.set(chunk, held);
        held += chunk.length;
      }
      garbage.add(chunk.length);
      sinceTurn += chunk.length;
      if (sinceTurn < TURN_BYTES) continue;
      sinceTurn = 0;
      await others();
    }
  } catch (error) {
    giveUp(tryLater);
    if (fault !== tooSlow) throw error;
  } finally {
    clearTimeout(deadline);
  }
  const last = fault ?? intake.end();
  if (last !== undefined) {
    budget.release(held);
    return { kind: "refused", reply: last };
  }
  return { kind: "received", raw: mail.subarray(0, held) };
}

/**
 * Bytes of one mail that are looked at before everybody else has a turn. A client on a fast line brings megabytes at once, and
 * each octet is counted.
 */
const TURN_BYTES = 256 * 1024;

/** Room for a mail whose sender declares no size. */
const FIRST_BYTES = 64 * 1024;

/**
 * A declared size is an estimate (RFC 1870, section 3), and often of a mail without its last line end. Attack: 50 MiB less one octet
 * are declared, and everybody waits for 50 ms while the mail is copied for the octet's sake.
 */
const MORE_THAN_DECLARED = 64 * 1024;

/** Octets that are copied before everybody else has a turn: 2 to 4 ms, pages that have not been there before included. */
const COPIED_IN_A_TURN = 2 * 1024 * 1024;

/** A buffer with room for `needed` bytes and as much again, and the same bytes in front. */
async function enlarged(mail: Buffer, needed: number): Promise<Buffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(2 * needed, MAX_MAIL_BYTES)));
  for (let at = 0; at < mail.length; at += COPIED_IN_A_TURN) {
    if (at > 0) await others();
    larger.set(mail.subarray(at, at + COPIED_IN_A_TURN), at);
  }
  return larger;
}

/**
 * The size that the client declared (RFC 1870), so that a large mail is held once. A lie costs nothing: memory that is
 * never written is never there, and the budget counts what arrives.
 */
function declaredSize(mailFrom: SMTPServerAddress | false): number {
  if (mailFrom === false || mailFrom.args === false) return 0;
  const size = Object.entries(mailFrom.args).find(([name]) => name === "SIZE")?.[1];
  const bytes = typeof size === "string" && /^\d{1,9}$/.test(size) ? Number(size) : 0;
  return Math.min(bytes, MAX_MAIL_BYTES);
}
