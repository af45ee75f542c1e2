/**
 * Many SMTP clients in one process, none of which ever hangs up: `node many-clients.js PORT COUNT`.
 *
 * Says what became of them, as one line of JSON (ManyClients), when all are connected and each has heard something. It
 * then keeps its side of every connection open until it is killed.
 */
import { connect } from "node:net";

/** What was heard, and how many connections were open at one time. */
export interface ManyClients {
  readonly open: number;
  readonly greeted: number;
  readonly busy: number;
  /** Anything else, also a connection that was closed without a word. */
  readonly other: number;
}

/** Clients that wait for a first word at one time: more would only wait in the system's own queue, or be lost there. */
const UNHEARD = 250;

const [, , port, count] = process.argv.map(Number);
if (port !== undefined && count !== undefined) {
  const heard = { greeted: 0, busy: 0, other: 0 };
  let dialled = 0;
  let open = 0;
  const dial = () => {
    dialled++;
    // half open: when the server hangs up, the connection is still there on our side, as an attacker's is
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let silent = true;
    const hear = (what: keyof typeof heard) => {
      if (!silent) return;
      silent = false;
      heard[what]++;
      if (dialled < count) dial();
      if (heard.greeted + heard.busy + heard.other < count) return;
      const said: ManyClients = { open, ...heard };
      process.stdout.write(`${JSON.stringify(said)}\n`);
    };
    socket.on("connect", () => open++);
    socket.on("close", () => open--);
    socket.on("data", (line: Buffer) => {
      const code = line.subarray(0, 4).toString("latin1");
      hear(code === "220 " ? "greeted" : code === "421 " ? "busy" : "other");
    });
    socket.on("end", () => hear("other"));
    socket.on("error", () => hear("other"));
  };
  while (dialled < Math.min(count, UNHEARD)) dial();
}
