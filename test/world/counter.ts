import { createServer, type Server } from "node:http";
import { LOOPBACK } from "./ports.js";

/** Somebody who wants to know who reads, when and where: counts what asks, and answers with a picture. */
export class Counter {
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Counter> {
    const server = createServer((request, response) => {
      counter.asked.push(request.url ?? "");
      response.writeHead(200, { "content-type": "image/svg+xml" });
      response.end(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`);
    });
    const counter = new Counter(server);
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    return counter;
  }

  /** An address of it. */
  at(path: string): string {
    const address = this.#server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    return `http://${LOOPBACK}:${port}/${path}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
