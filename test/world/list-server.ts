import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LOOPBACK } from "./ports.js";
import { type Finished, type RunningProcess, runToEnd, startProcess, untilListening } from "./processes.js";

/** How a list runs: what is sealed, and what the server does before it delivers. */
export interface ListSettings {
  readonly mode: "key" | "whole";
  readonly delivery: "resealed" | "opened";
  /** The kind of keys; the server's own choice if left out. */
  readonly profile?: "compatible" | "rfc9580";
}

/** The four ways of running a list, in the order of the seed's claims 5, 4, 2 and 1. */
export const ALL_SETTINGS: readonly ListSettings[] = [
  { mode: "key", delivery: "resealed" },
  { mode: "key", delivery: "opened" },
  { mode: "whole", delivery: "resealed" },
  { mode: "whole", delivery: "opened" },
];

/** The built command-line program of the list server. */
const PROGRAM = fileURLToPath(new URL("../../dist/server/cli.js", import.meta.url));

/** The real list server, as an operator has it: a program with a data folder. */
export class ListServer {
  readonly data: string;
  readonly logFile: string;
  readonly #port: number;
  readonly #relayPort: number;
  #running: RunningProcess | undefined;

  /**
   * @param folder where its data folder and its log are made
   * @param port where it takes mail
   * @param relayPort where it hands copies over
   */
  constructor(folder: string, port: number, relayPort: number) {
    mkdirSync(folder, { recursive: true });
    this.data = join(folder, "data");
    this.logFile = join(folder, "server.log");
    this.#port = port;
    this.#relayPort = relayPort;
  }

  /** Where it takes mail: for another server in its place. */
  get port(): number {
    return this.#port;
  }

  /** Process id while it serves. */
  get pid(): number {
    if (this.#running === undefined) throw new Error("The list server does not run");
    return this.#running.pid;
  }

  /** Runs one administrator's command, `listseal-server --data DIR ...`. */
  command(...args: readonly string[]): Promise<Finished> {
    return runToEnd(process.execPath, [PROGRAM, "--data", this.data, ...args]);
  }

  /** Makes the data folder. */
  async initialise(): Promise<void> {
    await this.command("init");
  }

  /** Gives a list its public list key, after which it takes posts. */
  async setListKey(list: string, keyFile: string): Promise<void> {
    await this.command("list", "set-key", list, "--list-key", keyFile);
  }

  /** Makes a list with a fresh server key. */
  async createList(address: string, name: string, settings: ListSettings): Promise<Finished> {
    return this.command(
      ...["list", "create", address, "--name", name],
      ...["--mode", settings.mode, "--delivery", settings.delivery],
      ...(settings.profile === undefined ? [] : ["--profile", settings.profile]),
    );
  }

  /** Puts a member on the roster by a file with their public key. */
  async addMember(list: string, address: string, name: string, keyFile: string): Promise<void> {
    await this.command(
      "member",
      "add",
      list,
      address,
      "--key",
      keyFile,
      "--name",
      name,
      "--shape",
      "encrypted",
    );
  }

  /** Takes a member off the roster. */
  removeMember(list: string, address: string): Promise<Finished> {
    return this.command("member", "remove", list, address);
  }

  /** Starts serving. */
  async start(): Promise<void> {
    const server = await startProcess({
      name: "list server",
      command: process.execPath,
      args: [
        ...[PROGRAM, "--data", this.data, "serve"],
        ...["--smtp", `${LOOPBACK}:${this.#port}`, "--relay", `smtp://${LOOPBACK}:${this.#relayPort}`],
      ],
      logFile: this.logFile,
    });
    await untilListening(server, this.#port);
    this.#running = server;
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }
}
