import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENCODINGS, searchBytes } from "./evidence.js";
import { MARKER, OTHER, PLANTED } from "./markers.js";
import { LOOPBACK } from "./ports.js";
import { Recorder } from "./recorder.js";

/** A server that sends everything back. */
async function startEcho(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, port: address.port };
}

/** Sends bytes, ends, and gives what came back. */
function talk(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(port, LOOPBACK, () => socket.end(bytes));
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    socket.once("error", reject);
    socket.once("end", () => resolve(Buffer.concat(received)));
  });
}

describe("the wiretap", () => {
  let folder: string;
  let recorder: Recorder;
  let echo: { readonly server: Server; readonly port: number };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-recorder-"));
    recorder = new Recorder(folder);
    echo = await startEcho();
  });

  afterAll(async () => {
    await recorder.close();
    echo.server.close();
    rmSync(folder, { recursive: true });
  });

  test("passes a large transfer on unchanged and keeps both directions whole", async () => {
    const wire = await recorder.open("alice", "echo", echo.port);
    const bytes = Buffer.alloc(3_000_000, "0123456789abcdef-");
    expect((await talk(wire.port, bytes)).equals(bytes)).toBe(true);
    const kept = recorder.since().filter(({ recording }) => recording.wire === "alice-to-echo");
    expect(kept.map(({ recording }) => recording.direction)).toEqual(["up", "down"]);
    for (const one of kept) expect(one.bytes.equals(bytes)).toBe(true);
  });

  test.each(ENCODINGS)("has the marker written as %s, and not another one", async (encoding) => {
    const wire = await recorder.open("bob", encoding, echo.port);
    const mark = recorder.mark();
    expect(recorder.since(mark)).toEqual([]);
    await talk(wire.port, Buffer.concat([Buffer.from("before "), ...(PLANTED.get(encoding) ?? [])]));
    const kept = recorder.since(mark);
    expect(kept.map(({ recording }) => recording.wire)).toEqual([`bob-to-${encoding}`, `bob-to-${encoding}`]);
    for (const { bytes } of kept) {
      expect(searchBytes("wire", bytes, MARKER).map((finding) => finding.encoding)).toContain(encoding);
      expect(searchBytes("wire", bytes, OTHER)).toEqual([]);
    }
  });

  test("treats a target that is not there as a refused connection", async () => {
    const { server, port } = await startEcho();
    await new Promise((resolve) => server.close(resolve));
    const wire = await recorder.open("carol", "nobody", port);
    const outcome = await talk(wire.port, Buffer.from("hello")).then(
      (bytes) => bytes.length,
      () => 0,
    );
    expect(outcome).toBe(0);
  });
});
