import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { LOOPBACK } from "./ports.js";

/** Milliseconds that one script in the program may take before Marionette gives up on it. */
const SCRIPT_TIMEOUT = 600_000;

/** Somebody waits for the answer with this id. */
interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const answerShape = z.tuple([z.literal(1), z.number(), z.unknown(), z.unknown()]);
const errorShape = z.object({ error: z.string(), message: z.string(), stacktrace: z.string().optional() });
const scriptShape = z.object({
  value: z.union([z.object({ ok: z.unknown() }), z.object({ failed: z.string() })]),
});

/** Sources of `chrome/*.js`, read once. */
const sources = new Map<string, string>();

/** A file of functions that run inside Thunderbird or Firefox; `export` is for the linter's eyes only. */
function chromeSource(file: string): string {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const path = fileURLToPath(new URL(`./chrome/${file}.js`, import.meta.url));
  const source = readFileSync(path, "utf8").replace(/^export /gm, "");
  sources.set(file, source);
  return source;
}

/**
 * A client for Marionette, Mozilla's remote control: length-prefixed JSON over TCP,
 * `[0, id, command, parameters]` one way and `[1, id, error, result]` back.
 */
export class Marionette {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #received = Buffer.alloc(0);
  #lastId = 0;
  #greeted: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The program closed the connection"));
      this.#waiting.clear();
    });
  }

  /** Connects to a Thunderbird or Firefox that listens on `port`, and opens a session in its privileged context. */
  static async connect(port: number): Promise<Marionette> {
    const socket = connect(port, LOOPBACK);
    const client = new Marionette(socket);
    await new Promise<void>((resolve, reject) => {
      client.#greeted = resolve;
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("closed before the greeting")));
    });
    await client.command("WebDriver:NewSession", { capabilities: { alwaysMatch: {} } });
    await client.command("WebDriver:SetTimeouts", { script: SCRIPT_TIMEOUT });
    await client.command("Marionette:SetContext", { value: "chrome" });
    return client;
  }

  /** Splits what came into `length:json` frames. */
  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const colon = this.#received.indexOf(":");
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#received.toString("ascii", 0, colon));
      if (this.#received.length < end) return;
      const message: unknown = JSON.parse(this.#received.toString("utf8", colon + 1, end));
      this.#received = this.#received.subarray(end);
      this.#dispatch(message);
    }
  }

  #dispatch(message: unknown): void {
    const answer = answerShape.safeParse(message);
    if (!answer.success) {
      this.#greeted?.();
      return;
    }
    const [, id, failure, result] = answer.data;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure === null || failure === undefined) {
      waiting?.resolve(result);
      return;
    }
    const told = errorShape.safeParse(failure);
    waiting?.reject(
      new Error(told.success ? `${told.data.error}: ${told.data.message}` : JSON.stringify(failure)),
    );
  }

  /** Sends one command and gives its result. */
  command(name: string, parameters: object = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error("The program closed the connection"));
        return;
      }
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { resolve, reject });
      const json = JSON.stringify([0, this.#lastId, name, parameters]);
      this.#socket.write(`${Buffer.byteLength(json)}:${json}`);
    });
  }

  /**
   * Runs a function of `chrome/<file>.js` in the program's own privileged scope.
   * @param shape what it has to give; anything else is an error
   * @param args JSON values
   * @throws what the function throws, with its stack
   */
  async call<T>(shape: z.ZodType<T>, file: string, name: string, ...args: readonly unknown[]): Promise<T> {
    const script = `
      const { setTimeout, clearTimeout, setInterval, clearInterval } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
      ${chromeSource("common")}
      ${file === "common" ? "" : chromeSource(file)}
      const given = [...arguments];
      const done = given.pop();
      ${name}(...given).then(
        (value) => done({ ok: value === undefined ? null : value }),
        (error) => done({ failed: String(error) + "\\n" + (error?.stack ?? "") }),
      );`;
    const result = await this.command("WebDriver:ExecuteAsyncScript", {
      script,
      args,
      sandbox: "system",
      newSandbox: true,
    });
    const { value } = scriptShape.parse(result);
    if ("failed" in value) throw new Error(`${name} in the program: ${value.failed}`);
    return shape.parse(value.ok);
  }

  /** Installs an add-on, a folder or an .xpi, and gives its id. @param kept only an .xpi can be there for good */
  async installAddon(path: string, kept: "until-the-end" | "for-good" = "until-the-end"): Promise<string> {
    const result = await this.command("Addon:Install", { path, temporary: kept === "until-the-end" });
    return z.object({ value: z.string() }).parse(result).value;
  }

  /** Ends the session; the program goes on. */
  close(): void {
    this.#socket.destroy();
  }
}
