/** Who is connected to a front: no client takes all places, and one that has said all it has to say still hears the answer. */
import type { Server, Socket } from "node:net";
import { MAX_CONNECTIONS_A_CLIENT } from "../base/limits.js";

/** How long after a client's last word its connection is closed, in milliseconds, unless a mail of its is being taken. */
const LINGER_MS = 1_000;

/** The mail server in front of us: it has as many connections as it has senders. */
const own = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

interface Client {
  readonly socket: Socket;
  /** Beyond what one client may have: it is told so, and closed. */
  readonly isGreedy: boolean;
  /** Mails that are being taken. */
  taking: number;
  hasEnded: boolean;
}

/** Which end of a connection is the client's: what a session knows of its socket. */
export interface Peer {
  readonly remoteAddress: string;
  readonly remotePort?: number;
}

export class Clients {
  readonly #clients = new Map<string, Client>();
  /** Connections that each client has, without those that are too many. */
  readonly #counts = new Map<string, number>();

  /** Watches the connections that `server` will have. */
  watch(server: Server): void {
    // QUIRK: otherwise Node hangs up as soon as the client has sent its last octet, and a mail that was taken is sent again
    Object.assign(server, { allowHalfOpen: true });
    server.on("connection", (socket: Socket) => this.#add(socket));
  }

  /** Whether its client had as many connections as one may have when this one came; `false` for one on this machine. */
  isGreedy({ remoteAddress, remotePort }: Peer): boolean {
    return this.#clients.get(`${remoteAddress} ${remotePort}`)?.isGreedy === true;
  }

  /** A mail of the client's is being taken: it hears the answer. @returns to be called once it was answered */
  taking({ remoteAddress, remotePort }: Peer): () => void {
    const client = this.#clients.get(`${remoteAddress} ${remotePort}`);
    if (client === undefined) return () => undefined;
    client.taking++;
    return () => {
      client.taking--;
      this.#letGo(client);
    };
  }

  #add(socket: Socket): void {
    // QUIRK: smtp-server answers only while a socket is open in both directions
    Object.defineProperty(socket, "readyState", { get: () => (socket.writable ? "open" : "closed") });
    const { remoteAddress = "", remotePort } = socket;
    // as smtp-server's sessions have it
    const address = remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, "");
    const key = `${address} ${remotePort}`;
    const group = clientAt(address);
    const before = this.#counts.get(group) ?? 0;
    // decided here: of two hundred that come at one moment, each would later see all the others
    const isGreedy = before >= MAX_CONNECTIONS_A_CLIENT && !own.has(address);
    const client: Client = { socket, isGreedy, taking: 0, hasEnded: false };
    this.#clients.set(key, client);
    if (!isGreedy) this.#counts.set(group, before + 1);
    socket.once("end", () => {
      client.hasEnded = true;
      this.#letGo(client);
    });
    socket.once("close", () => {
      if (this.#clients.get(key) === client) this.#clients.delete(key);
      if (isGreedy) return;
      const left = (this.#counts.get(group) ?? 1) - 1;
      if (left === 0) this.#counts.delete(group);
      else this.#counts.set(group, left);
    });
  }

  /** Closes what the client has closed on its side, when everything was answered. */
  #letGo(client: Client): void {
    if (!client.hasEnded || client.taking > 0) return;
    // commands that came in one piece with the end may still be looked at
    setTimeout(() => {
      if (client.taking === 0) client.socket.end();
    }, LINGER_MS).unref();
  }
}

/** One client: an IPv4 address, or the half of an IPv6 address that its owner has all the rest of. */
function clientAt(address: string): string {
  return address.includes(":") ? address.split(":").slice(0, 4).join(":") : address;
}
