/**
 * A client that says exactly the bytes it is told to, for what no mail program would send; and one call for an ordinary
 * mail.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A server's answer: all its lines, joined by LF. */
export interface Answer {
  readonly code: number;
  readonly text: string;
}

export class Dialogue {
  readonly #socket: Socket;
  #received = "";
  #waiting: (() => void) | undefined;
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#waiting?.();
    });
    const end = () => {
      this.#ended = true;
      this.#waiting?.();
    };
    socket.on("close", end).on("error", end);
  }

  /** Connects and reads the greeting. */
  static async open(port: number): Promise<Dialogue> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const dialogue = new Dialogue(socket);
    await dialogue.answer();
    return dialogue;
  }

  /** Sends a line and reads the answer. */
  async say(line: string): Promise<Answer> {
    this.write(`${line}\r\n`);
    return this.answer();
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** As {@link write}, and waits until the server has taken most of it. */
  async drained(bytes: Uint8Array): Promise<void> {
    if (!this.#socket.write(bytes)) await once(this.#socket, "drain");
  }

  /** The next whole answer. @throws if the server closes first */
  async answer(): Promise<Answer> {
    for (;;) {
      const match = /^((?:\d{3}-[^\n]*\n)*(\d{3})(?: [^\n]*)?\n)/.exec(this.#received);
      const [, whole = "", code = ""] = match ?? [];
      if (match !== null) {
        this.#received = this.#received.slice(whole.length);
        return { code: Number(code), text: whole.replaceAll("\r", "").trim() };
      }
      if (this.#ended) throw new Error(`the server closed the connection; left: ${this.#received}`);
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Says goodbye and hangs up. Who only hangs up is waited for, for a second, also by a server that stops. */
  quit(): void {
    this.#socket.unref().end("QUIT\r\n");
  }
}

/** An envelope and a mail in CR LF lines. */
export interface Submitted {
  readonly sender: string;
  readonly recipient: string;
  readonly raw: Uint8Array | string;
  /** Says how large the mail is in MAIL FROM (RFC 1870), as mail programs and mail servers do. */
  readonly declaresSize?: boolean;
}

/** `raw` as DATA sends it: dots doubled at line beginnings, then the end. */
export function dotted(raw: Uint8Array | string): Buffer {
  const text = typeof raw === "string" ? raw : Buffer.from(raw).toString("latin1");
  const end = text.endsWith("\r\n") ? ".\r\n" : "\r\n.\r\n";
  return Buffer.from(text.replace(/^\./gm, "..") + end, "latin1");
}

/** Submits one mail and gives the answer that decided: to RCPT if it was refused there, else to DATA. */
export async function submit(port: number, mail: Submitted, hello = "EHLO"): Promise<Answer> {
  const dialogue = await Dialogue.open(port);
  try {
    await dialogue.say(`${hello} client.test`);
    const sender = await dialogue.say(
      `MAIL FROM:<${mail.sender}>${mail.declaresSize ? ` SIZE=${mail.raw.length}` : ""}`,
    );
    if (sender.code !== 250) return sender;
    const recipient = await dialogue.say(`RCPT TO:<${mail.recipient}>`);
    if (recipient.code !== 250) return recipient;
    await dialogue.say("DATA");
    dialogue.write(dotted(mail.raw));
    return await dialogue.answer();
  } finally {
    dialogue.quit();
  }
}
