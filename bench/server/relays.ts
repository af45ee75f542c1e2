/** The relays that take the copies in a benchmark, and smtp-source, the most that they take from anybody. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DEFAULT_LANES } from "../../src/server/serve/service.js";
import { freePort, LOOPBACK } from "../../test/world/ports.js";
import { startPostfix } from "../../test/world/postfix.js";

const SINK = "/usr/sbin/smtp-sink";
const SOURCE = "/usr/sbin/smtp-source";

/** Connections of whoever sends. */
export const LANES = DEFAULT_LANES;

/** A relay that listens. */
export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

export const isPostfixInstalled = (): boolean => existsSync(SINK) && existsSync(SOURCE);

/** smtp-sink of Postfix: takes everything and keeps nothing. */
export async function openSink(): Promise<Relay> {
  const port = await freePort();
  const sink = spawn(SINK, ["-u", "nobody", `${LOOPBACK}:${port}`, "1000"], { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 300));
  return {
    port,
    close: async () => {
      sink.kill();
      await once(sink, "exit");
    },
  };
}

/** A relay behind a wire that counts what goes to it. */
export interface Metered extends Relay {
  /** Octets that came from whoever sends, so far. */
  readonly octets: () => number;
}

/** {@link openSink} with a meter in front. */
export async function openMeteredSink(): Promise<Metered> {
  const sink = await openSink();
  let octets = 0;
  const meter = createServer((from) => {
    const to = connect(sink.port, LOOPBACK);
    for (const end of [from, to]) end.on("error", () => undefined);
    from.on("data", (chunk: Buffer) => {
      octets += chunk.length;
    });
    from.pipe(to).pipe(from);
  });
  meter.listen(0, LOOPBACK);
  await once(meter, "listening");
  const bound = meter.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : 0,
    octets: () => octets,
    close: async () => {
      meter.close();
      await sink.close();
    },
  };
}

/** A whole Postfix, which keeps each mail in its queue and then throws it away. */
export async function openPostfix(): Promise<Relay> {
  const folder = mkdtempSync(join(tmpdir(), "listseal-bench-"));
  const postfix = await startPostfix(
    folder,
    { lists: { domain: "no-lists.test", port: 1 }, people: { domain: "nobody.test", port: 1 } },
    { main: "relay_domains = people.test\n", transport: "people.test discard:\n" },
  );
  return {
    port: postfix.smtpPort,
    close: async () => {
      await postfix.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Seconds that smtp-source takes for a mail to each of `mails` recipients, on as many connections as we use.
 *
 * Different recipients (`-N`): with one alone Postfix would look its address up once and remember it.
 *
 * @param file the mail, lines ending in LF
 */
export async function sourceTakes(relay: Relay, file: string, mails: number): Promise<number> {
  const start = performance.now();
  await promisify(execFile)(SOURCE, [
    ...["-s", `${LANES}`, "-m", `${mails}`, "-d", "-N", "-F", file],
    ...["-f", "team@lists.test", "-t", "crowd@people.test", `${LOOPBACK}:${relay.port}`],
  ]);
  return (performance.now() - start) / 1000;
}
