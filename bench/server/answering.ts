/**
 * How long the server leaves others without an answer while it has something large to do: the longest that a client beside it
 * waits for the answer to NOOP. Beside each figure stand the processor time that the server's thread spent within such a wait, the
 * wait at an idle server, and the longest that the same client waited meanwhile for a process that does nothing but echo: what
 * the machine itself makes everybody wait.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { submit } from "../../test/server/dialogue.js";
import { hostileMails } from "../../test/server/hostile-mails.js";
import { addCrowd } from "../../test/server/many-members.js";
import { PlayServer, person, seal } from "../../test/server/play-server.js";
import { type Built, ServerProcess } from "../../test/server/server-process.js";
import { compare, type Row } from "../row.js";
import type { Silence } from "./client-beside.js";
import { openSink } from "./relays.js";

/** What the issue of it allows, in milliseconds. */
const GOAL_MS = 50;
const IDLE_MS = 5_000;
const MEMBERS = 6;
/** Makes a mail of 46 MB; 50 MiB is the most that is taken. */
const TEXT_BYTES = 48_000_000;

/** A program of this folder as a process of its own, line by line. */
function startProcess(file: string, ...args: readonly string[]) {
  const path = new URL(file, import.meta.url).pathname;
  const child = spawn(process.execPath, ["--import", "tsx", path, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    async line(): Promise<string> {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${file} ended`);
      return value;
    },
  };
}

/** Asks a server while something else is done to it. */
class Beside {
  readonly #client: ReturnType<typeof startProcess>;

  private constructor(client: ReturnType<typeof startProcess>) {
    this.#client = client;
  }

  static async start(server: ServerProcess, echoPort: number): Promise<Beside> {
    const client = startProcess("./client-beside.ts", `${server.port}`, `${server.child.pid}`, `${echoPort}`);
    await client.line();
    return new Beside(client);
  }

  /** The longest waits while `work` is done. */
  async during(work: () => Promise<unknown>): Promise<Silence> {
    await this.#longest();
    await work();
    return this.#longest();
  }

  close(): void {
    this.#client.child.kill();
  }

  async #longest(): Promise<Silence> {
    this.#client.child.stdin.write("\n");
    const said: Silence = JSON.parse(await this.#client.line());
    return said;
  }
}

/** A server with a list in that mode, and what is measured there, in its order. */
async function atServer(
  program: Built,
  mode: "key" | "whole",
  echoPort: number,
  withHostile: boolean,
): Promise<readonly (readonly [name: string, silence: Silence])[]> {
  const play = await PlayServer.make();
  const sink = await openSink();
  const alice = await person("Alice");
  const list = await play.createList("team@lists.test", { mode });
  await play.join(list, alice);
  await play.office((office) => addCrowd(office, list, MEMBERS - 1));
  const server = await ServerProcess.start(program, {
    folder: play.folder.path,
    place: play.place,
    relayPort: sink.port,
    lanes: 1,
  });
  let sent = 0;
  let heard: (() => void) | undefined;
  server.child.stderr?.on("data", (chunk: Buffer) => {
    sent += chunk.toString().split('"copy-sent"').length - 1;
    heard?.();
  });
  const hand = async (raw: Uint8Array, recipient = list.address) => {
    const { code } = await submit(server.port, {
      sender: alice.address,
      recipient,
      raw,
      declaresSize: true,
    });
    return code;
  };
  const untilSent = async (count: number) => {
    while (sent < count) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  const sealed = async (text: string) => (await seal(list, alice, { text })).raw;
  await hand(await sealed("warm"));
  await untilSent(MEMBERS);

  const beside = await Beside.start(server, echoPort);
  const found: (readonly [string, Silence])[] = [];
  try {
    const idle = await beside.during(() => new Promise((resolve) => setTimeout(resolve, IDLE_MS)));
    found.push(["idle", idle]);
    const large = await sealed(randomBytes(TEXT_BYTES / 2).toString("hex"));
    found.push([
      `a post of 46 MB in mode ${mode} is taken`,
      await beside.during(async () => {
        if ((await hand(large)) !== 250) throw new Error("the post was not taken");
      }),
    ]);
    found.push([
      `the post in mode ${mode} is delivered to ${MEMBERS} members`,
      await beside.during(() => untilSent(2 * MEMBERS)),
    ]);
    for (const [name, make] of withHostile ? hostileMails : []) {
      const raw = make();
      found.push([`50 MiB to a list: ${name}`, await beside.during(() => hand(raw))]);
      const address = "team-request@lists.test";
      found.push([`50 MiB of a request: ${name}`, await beside.during(() => hand(raw, address))]);
    }
  } finally {
    beside.close();
    await server.kill();
    await sink.close();
    await play.discard();
  }
  return found;
}

/** The rows of this part. Each waits against the idle server's, and against {@link GOAL_MS} as a figure. */
export async function answeringRows(program: Built): Promise<readonly Row[]> {
  const echo = startProcess("./echo.ts");
  const echoPort = Number(await echo.line());
  try {
    const rows: Row[] = [];
    for (const mode of ["key", "whole"] as const) {
      const [first, ...others] = await atServer(program, mode, echoPort, mode === "key");
      const idle = first?.[1].server ?? 0;
      for (const [name, { server, work, echo: noise }] of others) {
        rows.push(
          ...compare(`longest silence: ${name}`, "ms", server, [
            { name: "what is allowed", value: GOAL_MS, goal: 1 },
            { name: "an idle server", value: idle },
            { name: "a bare echo meanwhile", value: noise },
          ]),
          ...compare(`work within one silence: ${name}`, "CPU ms", work, [
            { name: "what is allowed", value: GOAL_MS, goal: 1 },
          ]),
        );
      }
    }
    return rows;
  } finally {
    echo.child.kill();
  }
}
