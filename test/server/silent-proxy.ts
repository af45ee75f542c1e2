/** A wire to a database or relay that falls silent (connections stay open, and nothing comes through any more) or is cut. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class QuietWire {
  readonly port: number;
  readonly #server: Server;
  readonly #to: number;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;

  private constructor(server: Server, port: number, to: number) {
    this.#server = server;
    this.port = port;
    this.#to = to;
  }

  /** @param to port of the database */
  static async open(to: number): Promise<QuietWire> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const bound = server.address();
    const wire = new QuietWire(server, typeof bound === "object" && bound !== null ? bound.port : 0, to);
    server.on("connection", (client) => wire.#pass(client));
    return wire;
  }

  /** From now on nothing comes through, for what is open and for what is opened. */
  fallSilent(): void {
    this.#isSilent = true;
    for (const socket of this.#sockets) {
      socket.removeAllListeners("data");
      socket.removeAllListeners("end");
      socket.pause();
    }
  }

  /** New connections come through again; those that fell silent stay so: a firewall has forgotten them. */
  speak(): void {
    this.#isSilent = false;
  }

  /** Ends every connection that is open now, in the middle of whatever is said. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #pass(client: Socket): void {
    this.#keep(client);
    if (this.#isSilent) return;
    const database = connect(this.#to, "127.0.0.1");
    this.#keep(database);
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      from.on("data", (chunk: Buffer) => to.write(chunk));
      from.on("end", () => to.end());
      from.on("close", () => to.destroy());
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
  }
}
