/**
 * The server's log: events with fields from a closed list, one JSON line each on standard error. Names of events and fields
 * are lower-case words with hyphens. `-failed`: it is tried again; `-deferred`: the other side was told, or told us, to try
 * later; `-refused`: for good; `-dropped` and `-withheld`: its recipient is no longer to have it.
 *
 * Never in a log: subjects, bodies, keys, decrypted bytes, addresses of people. Members and posts go by the numbers that
 * the store gives them. The type enforces the list, and so does the writer: a value that slipped past the compiler is left
 * out.
 */
import { pino } from "pino";
import { ListSealError } from "../../openpgp/errors.js";
import { codeOfThrown } from "./error-code.js";

/** All that a line may say beside the event's name. */
export interface LogFields {
  /** the list's address: the operator's own configuration */
  readonly list?: string;
  readonly post?: number;
  readonly job?: number;
  readonly member?: number;
  /** what was decided, a code of ours */
  readonly code?: string;
  /** SMTP reply code, and enhanced status code */
  readonly reply?: number;
  readonly status?: string;
  /** a mail's name in the relay's queue and log */
  readonly "queue-id"?: string;
  readonly bytes?: number;
  readonly copies?: number;
  readonly attempt?: number;
  readonly ms?: number;
  readonly host?: string;
  readonly port?: number;
  readonly signal?: string;
}

const allowed: ReadonlySet<string> = new Set<keyof LogFields>([
  "list",
  "post",
  "job",
  "member",
  "code",
  "reply",
  "status",
  "queue-id",
  "bytes",
  "copies",
  "attempt",
  "ms",
  "host",
  "port",
  "signal",
]);

export type LogLevel = "info" | "warn" | "error";

/** Writes events. `info`: normal; `warn`: somebody else's fault; `error`: the operator has to act. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** Leaves out what is less than `level` from now on. */
  setLevel(level: LogLevel): void;
}

/** The part of a stream that a log is written to. */
export interface LogTarget {
  write(line: string): unknown;
}

/** How long a line waits for others, in milliseconds. */
const TOGETHER_MS = 10;

/**
 * Standard error, which gets the lines of some milliseconds in one write: a fan-out logs thousands a second, and a write of each
 * is a tenth of what a copy costs. A process that is killed loses them; one that ends by itself, or by an error that nobody
 * caught, none.
 */
class LinesTogether implements LogTarget {
  #lines = "";

  constructor() {
    process.on("exit", () => this.#flush());
  }

  write(line: string): void {
    if (this.#lines === "") setTimeout(() => this.#flush(), TOGETHER_MS);
    this.#lines += line;
  }

  #flush(): void {
    const lines = this.#lines;
    this.#lines = "";
    if (lines !== "") process.stderr.write(lines);
  }
}

/** One for the process: whoever writes there, the lines keep their order. */
let standardError: LinesTogether | undefined;

function pick(fields: LogFields): Record<string, string | number> {
  const picked: Record<string, string | number> = {};
  // those that are there, and not all that there may be: a fan-out logs thousands a second
  const given: readonly (readonly [string, string | number | undefined])[] = Object.entries(fields);
  for (const [name, value] of given) {
    if (value !== undefined && allowed.has(name)) picked[name] = value;
  }
  return picked;
}

/** A log that writes JSON lines to `target`; to standard error, those of some milliseconds together, if it is absent. */
export function openLog(target?: LogTarget, level: LogLevel = "info"): Log {
  if (target === undefined) standardError ??= new LinesTogether();
  const to = target ?? standardError;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (name) => ({ level: name }) },
    },
    { write: (line: string) => void to?.write(line) },
  );
  return {
    info: (event, fields = {}) => logger.info(pick(fields), event),
    warn: (event, fields = {}) => logger.warn(pick(fields), event),
    error: (event, fields = {}) => logger.error(pick(fields), event),
    setLevel(next) {
      logger.level = next;
    },
  };
}

/**
 * What a log may say of a thrown thing: our code, a system's (`ECONNREFUSED`, `SQLITE_FULL`), or the error's class.
 * Never its message: a library may quote its input there.
 */
export function codeForLog(thrown: unknown): string {
  if (thrown instanceof ListSealError) return thrown.code;
  const code = codeOfThrown(thrown);
  if (code !== undefined && /^[A-Z_0-9]{1,40}$/.test(code)) return code;
  return thrown instanceof Error ? thrown.name : "unknown";
}
