/** What the relay gets is what was handed over, whichever way the octets go. */
import { connectToRelay } from "../../src/server/delivery/relay.js";
import { Sink } from "./sink.js";

const line = Buffer.from(`${"A".repeat(76)}\r\n`);
const large = Buffer.concat(Array.from({ length: 20_000 }, () => line));

test.each(["smtp", "lmtp"] as const)(
  "%s: octet for octet, also lines that begin with a dot",
  async (protocol) => {
    const sink = await Sink.open(protocol);
    const connection = await connectToRelay({ protocol, host: "127.0.0.1", port: sink.port, tls: "none" });
    const head = Buffer.from("Subject: x\r\n\r\n");
    const bodies: readonly (readonly Buffer[])[] = [
      [head, line],
      [head, large, line],
      [head, large, Buffer.from("\r\n--b--\r\n")],
      [head, Buffer.from(".\r\n..\r\n.x\r\n"), line],
      [head, large, Buffer.from("\r\n.\r\nMAIL FROM:<eve@x.test>\r\n")],
      [head, Buffer.concat([large, Buffer.from(".\r\n")])],
    ];
    for (const pieces of bodies) {
      const mail = { sender: "a@x.test", recipient: "b@x.test", pieces };
      expect(await connection.send(mail)).toEqual({ kind: "sent" });
    }
    connection.close();
    await sink.close();
    expect(sink.caught.map(({ raw }) => raw.length)).toEqual(
      bodies.map((pieces) => Buffer.concat(pieces).length),
    );
    for (const [index, pieces] of bodies.entries()) {
      expect(sink.caught[index]?.raw.equals(Buffer.concat(pieces))).toBe(true);
    }
  },
);

test("a dot across two pieces, and line ends that are none", async () => {
  const sink = await Sink.open();
  const connection = await connectToRelay({
    protocol: "smtp",
    host: "127.0.0.1",
    port: sink.port,
    tls: "none",
  });
  const send = (...pieces: readonly string[]) =>
    connection.send({
      sender: "a@x.test",
      recipient: "b@x.test",
      pieces: pieces.map((each) => Buffer.from(each)),
    });
  await send("Subject: x\r\n\r", "\n.\r\nQUIT\r\n");
  await send("Subject: x\r\n\r\nbare\n.\nand\r.\rno end");
  connection.close();
  await sink.close();
  expect(sink.caught.map(({ raw }) => raw.toString())).toEqual([
    "Subject: x\r\n\r\n.\r\nQUIT\r\n",
    "Subject: x\r\n\r\nbare\r\n.\r\nand\r\n.\r\nno end\r\n",
  ]);
});
