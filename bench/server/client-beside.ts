/**
 * A client that asks the server something harmless again and again, and a bare echo as well, and measures the longest that it
 * waited for each: `client-beside.ts SERVER-PORT SERVER-PID ECHO-PORT`. A process of its own, since whoever submits 50 MiB is busy.
 *
 * A line on standard input ends a span; the answer is {@link Silence} in JSON. The first line begins the first span.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { Dialogue } from "../../test/server/dialogue.js";

/** The longest waits of a span, in milliseconds. */
export interface Silence {
  readonly server: number;
  /**
   * The most processor time that the server's own thread spent within one such wait. On a quiet machine that is the wait; on a
   * busy one, what is left of it without the others.
   */
  readonly work: number;
  readonly echo: number;
}

/** Between two questions. Without a pause the questions would be the load that is measured. */
const PAUSE_MS = 2;
/** Between two looks at a wait that has no end yet. */
const WAITING_MS = 20;

const [, , serverPort, serverPid, echoPort] = process.argv;
let longest = { server: 0, work: 0, echo: 0 };

/** Processor milliseconds of the server's first thread, in which it answers. */
function workOf(): number {
  const [nanoseconds] = readFileSync(`/proc/${serverPid}/task/${serverPid}/schedstat`, "latin1").split(" ");
  return Number(nanoseconds) / 1e6;
}

async function ask(whom: "server" | "echo", question: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const asked = performance.now();
    const worked = workOf();
    const note = () => {
      longest[whom] = Math.max(longest[whom], performance.now() - asked);
      if (whom === "server") longest.work = Math.max(longest.work, workOf() - worked);
    };
    // what is not answered yet counts for the span that ends meanwhile
    const waiting = setInterval(note, WAITING_MS);
    await question();
    clearInterval(waiting);
    note();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function echoOf(socket: Socket): Promise<void> {
  socket.write(".");
  await once(socket, "data");
}

const dialogue = await Dialogue.open(Number(serverPort));
await dialogue.say("EHLO beside.test");
const echo = connect(Number(echoPort), "127.0.0.1");
await once(echo, "connect");
void ask("server", () => dialogue.say("NOOP"));
void ask("echo", () => echoOf(echo));
process.stdout.write("asking\n");
for await (const _line of createInterface(process.stdin)) {
  process.stdout.write(`${JSON.stringify(longest)}\n`);
  longest = { server: 0, work: 0, echo: 0 };
}
process.exit(0);
