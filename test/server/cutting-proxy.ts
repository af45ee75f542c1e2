/** A wire to a relay that breaks: the first connections are cut after some bytes of a mail. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class RoughWire {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /**
   * @param to    port of the relay
   * @param cuts  how many connections are cut
   * @param after bytes of the client's that such a connection passes on
   */
  static async open(to: number, cuts: number, after: number): Promise<RoughWire> {
    let left = cuts;
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const bound = server.address();
    const wire = new RoughWire(server, typeof bound === "object" && bound !== null ? bound.port : 0);
    server.on("connection", (client) => {
      const relay = connect(to, "127.0.0.1");
      const isCut = left-- > 0;
      let passed = 0;
      for (const socket of [client, relay]) {
        wire.#sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          client.destroy();
          relay.destroy();
        });
      }
      relay.pipe(client);
      client.on("data", (chunk: Buffer) => {
        passed += chunk.length;
        relay.write(chunk);
        if (isCut && passed > after) client.destroy();
      });
    });
    return wire;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
