import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { LOOPBACK } from "./ports.js";

/** Everything that went one way on one connection. */
export interface Recording {
  /** The pair of parties, such as "alice-to-postfix". */
  readonly wire: string;
  /** Count of the connection on its wire, from 1. */
  readonly connection: number;
  /** `up`: from the party that connected; `down`: the answers to it. */
  readonly direction: "up" | "down";
  readonly file: string;
}

/** How many bytes every recording held at one moment. */
export type Mark = ReadonlyMap<string, number>;

/** One wire that is listened to: whoever connects to `port` talks to the target through the recorder. */
export interface Wire {
  readonly name: string;
  readonly port: number;
}

/** One wire's server side: the proxy itself. */
interface Tap {
  readonly wire: Wire;
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

/**
 * A wiretap on loopback: TCP proxies that keep every byte of both directions of every connection in files.
 *
 * Bytes are on disk before they are passed on, so that whatever a party has received can be found in the files.
 */
export class Recorder {
  readonly folder: string;
  readonly #taps: Tap[] = [];
  readonly #recordings: Recording[] = [];
  readonly #cut = new Set<string>();

  /** @param folder where the recordings are kept; made if it is not there */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /**
   * Opens a wire between two parties: connections to the port that it gives are passed on to `targetPort`.
   * The target may start later; a connection that finds no target is closed, as a refused one.
   */
  async open(from: string, to: string, targetPort: number): Promise<Wire> {
    const name = `${from}-to-${to}`;
    const sockets = new Set<Socket>();
    let connections = 0;
    const server = createServer({ allowHalfOpen: true }, (client) => {
      if (this.#cut.has(name)) {
        client.on("error", () => {});
        client.destroy();
        return;
      }
      connections += 1;
      const target = connect({ host: LOOPBACK, port: targetPort, allowHalfOpen: true });
      this.#pass(client, target, { wire: name, connection: connections, direction: "up" }, sockets);
      this.#pass(target, client, { wire: name, connection: connections, direction: "down" }, sockets);
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, LOOPBACK, () => {
        const address = server.address();
        resolve(address !== null && typeof address === "object" ? address.port : 0);
      });
    });
    const wire = { name, port };
    this.#taps.push({ wire, server, sockets });
    return wire;
  }

  /** Passes one direction on, byte for byte, and keeps it. */
  #pass(source: Socket, sink: Socket, about: Omit<Recording, "file">, sockets: Set<Socket>): void {
    const count = String(about.connection).padStart(3, "0");
    const file = join(this.folder, `${about.wire}.${count}.${about.direction}`);
    const kept = openSync(file, "w");
    this.#recordings.push({ ...about, file });
    sockets.add(source);
    source.on("data", (chunk: Buffer) => {
      writeSync(kept, chunk);
      if (!sink.write(chunk)) {
        source.pause();
        sink.once("drain", () => source.resume());
      }
    });
    source.once("end", () => sink.end());
    source.once("error", () => sink.destroy());
    source.once("close", () => {
      closeSync(kept);
      sockets.delete(source);
      if (!sink.writableEnded) sink.destroy();
    });
  }

  /** Cuts a wire: who connects to it finds nobody there, as when a server is down. Connections that stand go on. */
  cut(name: string): void {
    if (!this.wires().includes(name)) throw new Error(`There is no wire ${name}`);
    this.#cut.add(name);
  }

  /** Mends a wire that was cut. */
  mend(name: string): void {
    this.#cut.delete(name);
  }

  /** Every recording made so far, in the order in which connections came. */
  recordings(): readonly Recording[] {
    return [...this.#recordings];
  }

  /** Names of the wires, each once. */
  wires(): readonly string[] {
    return this.#taps.map((tap) => tap.wire.name);
  }

  /** Remembers how far every recording has come. */
  mark(): Mark {
    return new Map(this.#recordings.map(({ file }) => [file, readFileSync(file).length]));
  }

  /** Every byte of every wire after `mark` (all of them without one), recordings without any left out. */
  since(mark?: Mark): readonly { readonly recording: Recording; readonly bytes: Buffer }[] {
    return this.#recordings
      .map((recording) => ({
        recording,
        bytes: readFileSync(recording.file).subarray(mark?.get(recording.file) ?? 0),
      }))
      .filter(({ bytes }) => bytes.length > 0);
  }

  /** Closes all wires; the files stay. */
  async close(): Promise<void> {
    for (const { server, sockets } of this.#taps) {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  }
}
