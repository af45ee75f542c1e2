/** Our way of speaking SMTP, to relays that say what they should not, or when they should not. */
import { once } from "node:events";
import { createServer, connect as openSocket, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connectToRelay, handOver } from "../../src/server/delivery/relay.js";
import type { SmtpTimeouts } from "../../src/server/delivery/smtp-client.js";

/** A relay that says what a script says. */
let relay: Server;
let port: number;
/** What came, commands and body lines, one after the other; `|` where a read of the system's ended. */
let heard: string;
let extensions: readonly string[];
/** Overrides an answer. */
let says: (line: string) => string | undefined;
let greeting: string;
const sockets = new Set<Socket>();

const usual = (line: string): string => {
  if (/^(EHLO|LHLO)/.test(line)) {
    const lines = ["relay.test", ...extensions];
    return lines.map((each, index) => `250${index === lines.length - 1 ? " " : "-"}${each}\r\n`).join("");
  }
  if (line === "DATA") return "354 go on\r\n";
  return "250 2.0.0 ok\r\n";
};

beforeEach(async () => {
  heard = "";
  extensions = ["PIPELINING", "SIZE 1000000"];
  says = () => undefined;
  greeting = "220 relay.test\r\n";
  relay = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write(greeting);
    let left = "";
    let inBody = false;
    socket.on("data", (chunk: Buffer) => {
      heard += `${chunk.toString("latin1")}|`;
      left += chunk.toString("latin1");
      for (let end = left.indexOf("\r\n"); end !== -1; end = left.indexOf("\r\n")) {
        const line = left.slice(0, end);
        left = left.slice(end + 2);
        if (inBody && line !== ".") continue;
        const answer = says(line) ?? usual(line);
        inBody = answer.startsWith("354");
        if (answer === "hang up") socket.destroy();
        else if (answer !== "silence") socket.write(answer);
      }
    });
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const bound = relay.address();
  port = typeof bound === "object" && bound !== null ? bound.port : 0;
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  relay.close();
  await once(relay, "close");
});

const connect = (protocol: "smtp" | "lmtp" = "smtp") =>
  connectToRelay({ protocol, host: "127.0.0.1", port, tls: "none" });
const mail = {
  sender: "a@lists.test",
  recipient: "b@people.test",
  pieces: [Buffer.from("X: y\r\n\r\nHello\r\n")],
};
/** More than goes out with its end. */
const large = {
  ...mail,
  pieces: [Buffer.from(`X: y\r\n\r\n${"Hello, all there\r\n".repeat(2_000)}The end\r\n`)],
};
const commands = "MAIL FROM:<a@lists.test> SIZE=15\r\nRCPT TO:<b@people.test>\r\nDATA\r\n";

const soon = () => new Promise((resolve) => setTimeout(resolve, 50));

test("an envelope goes out in one write where that is offered, and line by line where it is not", async () => {
  const connection = await connect();
  expect(await connection.send(mail)).toEqual({ kind: "sent" });
  expect(heard.replaceAll("|", "")).toContain(`${commands}X: y\r\n\r\nHello\r\n.\r\n`);
  expect(heard).toContain(`|${commands}|`);
  extensions = [];
  heard = "";
  const plain = await connect();
  expect(await plain.send(mail)).toEqual({ kind: "sent" });
  expect(heard).toContain(
    "|MAIL FROM:<a@lists.test>\r\n|RCPT TO:<b@people.test>\r\n|DATA\r\n|X: y\r\n\r\nHello\r\n",
  );
});

describe("the end of a mail is held back until whoever is asked says so", () => {
  test("and sent then", async () => {
    const connection = await connect();
    let ready = () => {};
    const sent = connection.send(mail, async (end) => {
      await new Promise<void>((resolve) => (ready = resolve));
      end();
    });
    while (!heard.includes("DATA\r\n")) await soon();
    await soon();
    expect(heard).not.toContain("Hello\r\n");
    ready();
    expect(await sent).toEqual({ kind: "sent" });
    expect(heard).toContain("|X: y\r\n\r\nHello\r\n.\r\n|");
  });

  test("and sent then, with the relay having all the rest of a large one", async () => {
    const connection = await connect();
    let ready = () => {};
    const sent = connection.send(large, async (end) => {
      await new Promise<void>((resolve) => (ready = resolve));
      end();
    });
    while (!heard.includes("The end\r\n")) await soon();
    await soon();
    expect(heard).not.toContain("\r\n.\r\n");
    ready();
    expect(await sent).toEqual({ kind: "sent" });
    expect(heard).toContain("The end\r\n|.\r\n");
  });

  test("and is asked about only when the relay has all the rest", async () => {
    says = (line) => (line === "DATA" ? "silence" : undefined);
    const connection = await connect();
    let isAsked = false;
    const sent = connection.send(mail, async () => {
      isAsked = true;
    });
    while (!heard.includes("DATA\r\n")) await soon();
    await soon();
    expect(isAsked).toBe(false);
    for (const socket of sockets) socket.write("354 go on\r\n");
    expect(await sent).toEqual({ kind: "withheld" });
  });

  test("and never sent if the answer is no: the relay has no mail, and the connection is not used again", async () => {
    const connection = await connect();
    expect(await connection.send(mail, async () => undefined)).toEqual({ kind: "withheld" });
    await soon();
    expect(heard).not.toContain("Hello\r\n");
    expect(heard).not.toContain("\r\n.\r\n");
    expect(await connection.send(mail)).toMatchObject({ kind: "broken" });
  });

  test("and never sent if that fails: the relay has no mail", async () => {
    const connection = await connect();
    let fail = (_error: Error) => {};
    const sent = connection.send(large, () => new Promise((_resolve, reject) => (fail = reject)));
    const refused = expect(sent).rejects.toThrow("the disk is full");
    while (!heard.includes("The end\r\n")) await soon();
    fail(new Error("the disk is full"));
    await refused;
    await soon();
    expect(heard).not.toContain("\r\n.\r\n");
    expect(await connection.send(mail)).toMatchObject({ kind: "broken" });
  });
});

describe("the envelope of the next mail", () => {
  const other = { ...mail, recipient: "c@people.test" };
  const announced = "MAIL FROM:<a@lists.test> SIZE=15\r\nRCPT TO:<c@people.test>\r\nDATA\r\n";
  const body = "X: y\r\n\r\nHello\r\n.\r\n";
  const end = async (send: () => void) => send();

  test("goes out with the end of the one before, and is not said again", async () => {
    const connection = await connect();
    expect(await connection.send(mail, end, () => other)).toEqual({ kind: "sent" });
    expect(await connection.send(other)).toEqual({ kind: "sent" });
    expect(heard).toContain(`|${commands}|${body}${announced}|${body}|`);
  });

  test("waits for its turn where the relay does not take commands together", async () => {
    extensions = [];
    const connection = await connect();
    expect(await connection.send(mail, end, () => other)).toEqual({ kind: "sent" });
    expect(await connection.send(other)).toEqual({ kind: "sent" });
    expect(heard).toContain(
      `|${body}|MAIL FROM:<a@lists.test>\r\n|RCPT TO:<c@people.test>\r\n|DATA\r\n|${body}|`,
    );
  });

  test("is not sent if the mail is larger than what the relay takes", async () => {
    extensions = ["PIPELINING", "SIZE 20"];
    const connection = await connect();
    expect(await connection.send(mail, end, () => large)).toEqual({ kind: "sent" });
    expect(heard).not.toContain("SIZE=3");
    expect(await connection.send(mail)).toEqual({ kind: "sent" });
  });

  test("is for that mail: the connection is cut before another would be taken for it", async () => {
    const connection = await connect();
    expect(await connection.send(mail, end, () => other)).toEqual({ kind: "sent" });
    heard = "";
    expect(await connection.send({ ...mail, recipient: "d@people.test" })).toMatchObject({ kind: "broken" });
    await soon();
    expect(heard).toBe("");
  });

  test("is the last that is said before a connection is closed: a goodbye would be a line of that mail", async () => {
    const connection = await connect();
    expect(await connection.send(mail, end, () => other)).toEqual({ kind: "sent" });
    connection.close();
    await soon();
    expect(heard).not.toContain("QUIT");
  });

  test.each([
    ["RCPT TO:<c", "550 5.1.1 unknown\r\n", { kind: "refused", reply: 550 }],
    ["RCPT TO:<c", "450 4.7.1 greylisted\r\n", { kind: "later", reply: 450 }],
  ] as const)("is refused by itself: %s answered with %j", async (command, answer, expected) => {
    let isRefused = false;
    says = (line) => {
      if (isRefused && line === "DATA") return "503 5.5.1 no\r\n";
      if (!line.startsWith(command)) return undefined;
      isRefused = true;
      return answer;
    };
    const connection = await connect();
    expect(await connection.send(mail, end, () => other)).toEqual({ kind: "sent" });
    expect(await connection.send(other)).toMatchObject(expected);
    isRefused = false;
    expect(await connection.send(mail)).toEqual({ kind: "sent" });
  });

  test("does not keep the mail before it from being refused", async () => {
    says = (line) => (line === "." ? "452 4.2.2 full\r\n" : undefined);
    const connection = await connect();
    expect(await connection.send(mail, end, () => other)).toMatchObject({ kind: "later", reply: 452 });
    says = () => undefined;
    expect(heard).not.toContain("RSET");
    expect(await connection.send(other)).toEqual({ kind: "sent" });
  });

  test("has an answer to each command: with one more, who knows which of them was about the mail before", async () => {
    let ends = 0;
    says = (line) => {
      if (line === ".") ends++;
      if (ends === 0) return undefined;
      // all of them at one moment
      return line === "DATA" ? `${"250 2.0.0 taken\r\n".repeat(4)}354 go on\r\n` : "silence";
    };
    const connection = await connect();
    expect(await connection.send(mail, end, () => other)).toEqual({ kind: "broken", code: "EPROTOCOL" });
    expect(await connection.send(other)).toMatchObject({ kind: "broken" });
    expect(ends).toBe(1);
  });

  test("answered in the wrong number ends no mail", async () => {
    let ends = 0;
    says = (line) => {
      if (line === ".") ends++;
      return ends > 0 && line.startsWith("RCPT") ? "250 2.1.5 ok\r\n250 2.1.5 really\r\n" : undefined;
    };
    const connection = await connect();
    await connection.send(mail, end, () => other);
    expect(await connection.send(other)).toMatchObject({ kind: "broken" });
    expect(ends).toBe(1);
  });
});

describe("what decides", () => {
  test.each([
    ["MAIL", "451 4.3.0 busy\r\n", { kind: "later", reply: 451, status: "4.3.0" }],
    // our sender is refused: a fault of settings, not of this mail
    ["MAIL", "550 5.7.1 no\r\n", { kind: "later", reply: 550 }],
    ["MAIL", "552 5.3.4 too large\r\n", { kind: "refused", reply: 552 }],
    ["RCPT", "450 4.7.1 greylisted\r\n", { kind: "later", reply: 450, status: "4.7.1" }],
    ["RCPT", "550-5.1.1 unknown\r\n550 5.1.1 really\r\n", { kind: "refused", reply: 550, status: "5.1.1" }],
    ["DATA", "554 5.5.1 no\r\n", { kind: "refused", reply: 554 }],
    [".", "452 4.2.2 full\r\n", { kind: "later", reply: 452, status: "4.2.2" }],
    [".", "552 5.2.3 too long\r\n", { kind: "refused", reply: 552, status: "5.2.3" }],
    [".", "421 4.3.2 going down\r\n", { kind: "broken", code: "421" }],
    [".", "hang up", { kind: "broken" }],
    // only what is said of the mail itself says that it was taken
    ["DATA", "250 2.0.0 taken\r\n", { kind: "broken", code: "250" }],
    ["DATA", "200 fine\r\n", { kind: "broken", code: "200" }],
    ["MAIL", "250 2.1.0 ok\r\n250 2.1.0 really\r\n", { kind: "broken" }],
    ["RCPT", "250 2.1.5 ok\r\n250 2.1.5 really\r\n", { kind: "broken" }],
    ["DATA", "354 go on\r\n250 2.0.0 taken\r\n", { kind: "broken", code: "EPROTOCOL" }],
    [".", "250 2.0.0 taken\r\n250 2.0.0 and taken\r\n", { kind: "broken", code: "EPROTOCOL" }],
    [".", "Hello, who is there?\r\n", { kind: "broken", code: "EPROTOCOL" }],
    ["RCPT", "250-more\r\n550 5.1.1 or not\r\n", { kind: "broken", code: "EPROTOCOL" }],
  ] as const)("%s answered with %j", async (command, answer, expected) => {
    // the relay gives up on DATA when it has refused what came before it
    let refused = false;
    says = (line) => {
      if (line.startsWith(command)) {
        refused = command !== "." && !/^[23]/.test(answer);
        return answer;
      }
      return refused && (line === "DATA" || line.startsWith("RCPT")) ? "503 5.5.1 no\r\n" : undefined;
    };
    const connection = await connect();
    expect(await connection.send(mail)).toMatchObject(expected);
    if (expected.kind === "broken") return;
    // the connection is good for the next
    says = () => undefined;
    expect(await connection.send(mail)).toEqual({ kind: "sent" });
    expect(heard).toContain("RSET\r\n");
  });
});

test("a relay that refuses a recipient and asks for the mail nevertheless gets none, not even an empty one", async () => {
  says = (line) => (line.startsWith("RCPT TO:<b@") ? "550 5.1.1 unknown\r\n" : undefined);
  const connection = await connect();
  expect(await connection.send(mail)).toMatchObject({ kind: "refused", reply: 550 });
  const recipients = ["c@people.test", "b@people.test"];
  expect(
    await handOver({ protocol: "smtp", host: "127.0.0.1", port, tls: "none" }, { ...mail, recipients }),
  ).toBe(false);
  await soon();
  expect(heard).not.toContain("\r\n.\r\n");
  expect(heard).not.toContain("|.\r\n");
});

describe("an answer before its time, and the mail is then refused", () => {
  beforeEach(() => {
    says = (line) => {
      if (line === "DATA") return "354 go on\r\n250 2.0.0 taken\r\n";
      return line === "." ? "452 4.3.1 no room\r\n" : undefined;
    };
  });

  test("a client that counts answers takes the mail for delivered", async () => {
    const socket = openSocket(port, "127.0.0.1");
    socket.write(`EHLO naive\r\n${commands}`);
    let answers = "";
    for await (const chunk of socket) {
      answers += chunk;
      const replies = answers.split("\r\n").filter((line) => /^\d{3} /.test(line));
      // greeting, EHLO, MAIL, RCPT, DATA; the next is taken for the mail's
      if (replies.length === 5) socket.write("X: y\r\n\r\nHello\r\n.\r\n");
      if (replies.length < 6) continue;
      expect(replies[5]).toMatch(/^250 /);
      break;
    }
  });

  test("ours does not: it is tried again", async () => {
    const connection = await connect();
    expect(await connection.send(mail)).toEqual({ kind: "broken", code: "EPROTOCOL" });
  });
});

test("a relay that says goodbye behind its answer has the mail", async () => {
  says = (line) => (line === "." ? "250 2.0.0 ok\r\n421 4.3.2 bye\r\n" : undefined);
  const connection = await connect();
  expect(await connection.send(mail)).toEqual({ kind: "sent" });
  expect(await connection.send(mail)).toMatchObject({ kind: "broken" });
});

test("words between two mails end the connection: they could be taken for the answer to the second", async () => {
  const connection = await connect();
  expect(await connection.send(mail)).toEqual({ kind: "sent" });
  for (const socket of sockets) socket.write("250 2.0.0 one more\r\n");
  await soon();
  expect(await connection.send(mail)).toEqual({ kind: "broken", code: "EPROTOCOL" });
});

test.each([
  ["250 2.0.0 Ok: queued as 4bXyZ1\r\n", "4bXyZ1"],
  ["250 OK id=1tGabc-0000000aBcD-1xYz\r\n", "1tGabc-0000000aBcD-1xYz"],
  ["250 2.0.0 4AT9bC12 Message accepted for delivery\r\n", "4AT9bC12"],
  [`250 2.0.0 Ok: queued as ${"x".repeat(100)}\r\n`, undefined],
  ["250 fine\r\n", undefined],
])("%j: the relay's name for the mail is %s", async (answer, queueId) => {
  says = (line) => (line === "." ? answer : undefined);
  const connection = await connect();
  expect(await connection.send(mail)).toEqual({
    kind: "sent",
    ...(queueId === undefined ? {} : { queueId }),
  });
});

describe("time is for the whole of an answer", () => {
  const impatient = (patience: Partial<SmtpTimeouts>) =>
    connectToRelay({ protocol: "smtp", host: "127.0.0.1", port, tls: "none", patience });

  test.each([
    ["MAIL", "command"],
    ["RCPT", "command"],
    ["DATA", "data"],
    [".", "mail"],
  ] as const)("%s answered by half", async (command, what) => {
    extensions = [];
    says = (line) => (line.startsWith(command) ? "250-\r\n" : undefined);
    const connection = await impatient({ [what]: 20 });
    expect(await connection.send(mail)).toEqual({ kind: "broken", code: "ETIMEDOUT" });
  });

  test("without it, a relay keeps a lane with a line now and then", async () => {
    extensions = [];
    says = (line) => (line.startsWith("RCPT") ? "250-\r\n" : undefined);
    const connection = await impatient({ command: 3_600_000 });
    let isSettled = false;
    const sent = connection.send(mail).finally(() => {
      isSettled = true;
    });
    while (!heard.includes("RCPT")) await soon();
    for (let lines = 0; lines < 10; lines++) {
      for (const socket of sockets) socket.write("250-\r\n");
      await soon();
      expect(isSettled).toBe(false);
    }
    connection.close();
    await sent;
  });

  test("also of one that goes on for ever, a line at a time", async () => {
    let more: NodeJS.Timeout | undefined;
    says = (line) => {
      if (!line.startsWith("RCPT")) return undefined;
      more = setInterval(() => {
        for (const socket of sockets) socket.write("250-\r\n");
      }, 5);
      return "250-\r\n";
    };
    extensions = [];
    const connection = await impatient({ command: 60 });
    try {
      expect(await connection.send(mail)).toEqual({ kind: "broken", code: "ETIMEDOUT" });
    } finally {
      clearInterval(more);
    }
  });

  test("of the greeting", async () => {
    greeting = "220-";
    await expect(impatient({ connect: 20 })).rejects.toMatchObject({ code: "ETIMEDOUT" });
  });

  test("and of what it is to take: one that reads nothing more does not keep the lane", async () => {
    extensions = [];
    says = (line) => {
      if (line === "DATA") for (const socket of sockets) socket.pause();
      return undefined;
    };
    const connection = await impatient({ block: 50 });
    const huge = { ...mail, pieces: [Buffer.alloc(64 * 1024 * 1024, "Hello, all there\r\n")] };
    expect(await connection.send(huge)).toEqual({ kind: "broken", code: "ETIMEDOUT" });
  });
});

test("an answer without end is left, also one that ends late", async () => {
  for (const end of ["", "250 now\r\n"]) {
    says = (line) => (line.startsWith("RCPT") ? `${"250-more\r\n".repeat(10_000)}${end}` : undefined);
    const connection = await connect();
    expect(await connection.send(mail)).toEqual({ kind: "broken", code: "EPROTOCOL" });
  }
});

test("a mail above what the relay takes is refused without a word to it", async () => {
  extensions = ["PIPELINING", "SIZE 10"];
  const connection = await connect();
  expect(await connection.send(mail)).toMatchObject({ kind: "refused", reply: 552 });
  expect(heard).not.toContain("MAIL");
});

test("words behind the answer to STARTTLS, which somebody in between could have put there, end the connection", async () => {
  extensions = ["STARTTLS"];
  says = (line) => (line === "STARTTLS" ? "220 go on\r\n250-relay.test\r\n" : undefined);
  const towards = { protocol: "smtp", host: "127.0.0.1", port, tls: "require" } as const;
  await expect(connectToRelay(towards)).rejects.toMatchObject({ code: "EPROTOCOL" });
});

test("a relay that greets with a refusal is not used", async () => {
  greeting = "554 5.3.2 closed today\r\n";
  await expect(connect()).rejects.toMatchObject({ code: "EPROTOCOL" });
});

test("no address can end a command", async () => {
  const connection = await connect();
  for (const recipient of ["b@people.test>\r\nDATA", "b@people.test\n", "b@people.test> NOTIFY=NEVER"]) {
    await expect(connection.send({ ...mail, recipient })).rejects.toThrow("not an address");
  }
  expect(heard).not.toContain("MAIL");
});
