/** A relay that keeps what it is given: a real SMTP or LMTP server whose answers a test can choose. */
import { once } from "node:events";
import { SMTPServer } from "smtp-server";

/** A mail that the relay took. */
export interface Caught {
  readonly sender: string;
  readonly recipient: string;
  readonly raw: Buffer;
}

/** What the relay says to a recipient: nothing to take the mail, or a reply, at RCPT or after DATA. */
export type Mood = (
  recipient: string,
) => { readonly code: number; readonly text: string; readonly at: "rcpt" | "data" } | undefined;

export class Sink {
  readonly caught: Caught[] = [];
  /** Every octet of every mail that arrived here, also of those that were then refused. */
  readonly seen: Buffer[] = [];
  mood: Mood = () => undefined;
  /** A recipient is answered once this resolves: a relay that is slow between MAIL and the end of a mail. */
  dawdle: (recipient: string) => Promise<void> | undefined = () => undefined;
  /** Recipients that were named so far, whatever came of their mails. */
  readonly named: string[] = [];
  /** Clients that connected so far. */
  connected = 0;
  /** Clients are greeted once this resolves. */
  gate: Promise<void> = Promise.resolve();
  /** What is said behind 250 to a mail that was taken; the library's own words if absent. */
  taken: string | undefined;
  /** Mails that are here are answered once this resolves; until then their senders wait at the end of DATA. */
  patience: Promise<void> | undefined;
  #answersLeft = Number.POSITIVE_INFINITY;
  #server: SMTPServer;
  #port = 0;
  readonly #protocol: "smtp" | "lmtp";
  #waiting: (() => void)[] = [];

  private constructor(protocol: "smtp" | "lmtp") {
    this.#protocol = protocol;
    this.#server = this.#make();
  }

  static async open(protocol: "smtp" | "lmtp" = "smtp"): Promise<Sink> {
    const sink = new Sink(protocol);
    await sink.#listen(0);
    return sink;
  }

  get port(): number {
    return this.#port;
  }

  /** Mails taken for `recipient`. */
  for(recipient: string): readonly Caught[] {
    return this.caught.filter((mail) => mail.recipient === recipient);
  }

  /** Resolves once `isEnough` holds; it is asked after every mail and connection. */
  async until(isEnough: (sink: Sink) => boolean): Promise<void> {
    while (!isEnough(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Takes `mails` more; to what comes after them there is never an answer. */
  stallAfter(mails: number): void {
    this.#answersLeft = mails;
  }

  /** Stops listening, as a relay that is down. */
  async close(): Promise<void> {
    await new Promise<void>((done) => this.#server.close(done));
  }

  /** Listens on the same port again. */
  async reopen(): Promise<void> {
    this.#server = this.#make();
    await this.#listen(this.#port);
  }

  async #listen(port: number): Promise<void> {
    const listener = this.#server.listen(port, "127.0.0.1");
    await once(listener, "listening");
    const bound = listener.address();
    if (typeof bound === "object" && bound !== null) this.#port = bound.port;
  }

  #make(): SMTPServer {
    const refusal = (recipient: string, at: "rcpt" | "data") => {
      const answer = this.mood(recipient);
      return answer?.at === at ? Object.assign(new Error(answer.text), { responseCode: answer.code }) : null;
    };
    const server = new SMTPServer({
      lmtp: this.#protocol === "lmtp",
      authOptional: true,
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      closeTimeout: 100,
      onConnect: (_session, greet) => {
        this.connected++;
        for (const wake of this.#waiting.splice(0)) wake();
        this.gate.then(() => greet());
      },
      onRcptTo: async ({ address }, _session, answer) => {
        this.named.push(address);
        for (const wake of this.#waiting.splice(0)) wake();
        await this.dawdle(address);
        answer(refusal(address, "rcpt"));
      },
      onData: (stream, { envelope }, answer) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", async () => {
          const recipient = envelope.rcptTo[0]?.address ?? "";
          const sender = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
          const raw = Buffer.concat(chunks);
          this.seen.push(raw);
          for (const wake of this.#waiting.splice(0)) wake();
          if (this.patience !== undefined) await this.patience;
          if (this.#answersLeft-- <= 0) return;
          const refused = refusal(recipient, "data");
          if (refused === null) this.caught.push({ sender, recipient, raw });
          answer(refused, this.taken);
          for (const wake of this.#waiting.splice(0)) wake();
        });
      },
    });
    server.on("error", () => undefined);
    // QUIRK: smtp-server greets 100 ms after a client is there, to notice who speaks first; each mail of a test would wait for it
    const greet = () => {
      for (const connection of server.connections) {
        connection.connectionReady();
        connection.connectionReady = () => undefined;
      }
    };
    // it takes a client on at its next turn, and we come after it
    server.server.on("connection", () => setImmediate(greet));
    return server;
  }
}
