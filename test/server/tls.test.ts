/** STARTTLS in and out, with certificates of an authority that the test makes. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect as connectPlain } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { SMTPServer } from "smtp-server";
import { connectToRelay } from "../../src/server/delivery/relay.js";
import { PlayServer } from "./play-server.js";

let folder: string;
let ca: string;
let tls: { readonly cert: string; readonly key: string };
let stranger: string;

const openssl = (...words: string[]) => promisify(execFile)("openssl", words, { cwd: folder });
const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-tls-"));
  for (const name of ["ca", "stranger"]) {
    await openssl(
      "req",
      "-x509",
      ...ec,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
      "-subj",
      `/CN=${name}`,
      "-days",
      "2",
    );
  }
  await openssl("req", ...ec, "-keyout", "relay.key", "-out", "relay.csr", "-subj", "/CN=localhost");
  await writeFile(join(folder, "names"), "subjectAltName=DNS:localhost\n");
  await openssl(
    ...["x509", "-req", "-in", "relay.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-out", "relay.crt", "-days", "2", "-extfile", "names"],
  );
  const read = (name: string) => readFile(join(folder, name), "utf8");
  [ca, stranger] = [await read("ca.crt"), await read("stranger.crt")];
  tls = { cert: await read("relay.crt"), key: await read("relay.key") };
});

afterAll(() => rm(folder, { recursive: true }));

/** A relay, and whether each mail that it took came through TLS. */
async function relay(
  secure: boolean,
): Promise<{ port: number; seen: boolean[]; close: () => Promise<void> }> {
  const seen: boolean[] = [];
  const server = new SMTPServer({
    ...(secure ? tls : {}),
    disabledCommands: secure ? ["AUTH"] : ["AUTH", "STARTTLS"],
    authOptional: true,
    disableReverseLookup: true,
    onData(stream, session, answer) {
      seen.push(session.secure);
      stream.on("data", () => undefined).on("end", () => answer(null));
    },
  });
  server.on("error", () => undefined);
  const listener = server.listen(0, "localhost");
  await once(listener, "listening");
  const bound = listener.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return { port, seen, close: () => new Promise((done) => server.close(done)) };
}

test("out: goes through TLS to a relay whose certificate fits, and not at all otherwise", async () => {
  const [good, plain] = [await relay(true), await relay(false)];
  const to = (port: number, authority: string) =>
    connectToRelay({ protocol: "smtp", host: "localhost", port, tls: "require", ca: authority });
  try {
    const connection = await to(good.port, ca);
    const mail = {
      sender: "a@lists.test",
      recipient: "b@people.test",
      pieces: [Buffer.from("X: y\r\n\r\nz\r\n")],
    };
    expect(await connection.send(mail)).toEqual({ kind: "sent" });
    connection.close();
    expect(good.seen).toEqual([true]);

    await expect(to(good.port, stranger)).rejects.toMatchObject({
      code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    });
    // no STARTTLS offered: what somebody in between would make of it
    await expect(to(plain.port, ca)).rejects.toMatchObject({ code: "ETLS" });
    expect(plain.seen).toEqual([]);
  } finally {
    await good.close();
    await plain.close();
  }
});

test("in: offers STARTTLS with the certificate of its files, and takes mail through it", async () => {
  const server = await PlayServer.make();
  try {
    await server.createList("team@lists.test");
    await server.start("smtp", "smtp", { fronts: [{ protocol: "smtp", host: "127.0.0.1", port: 0, tls }] });
    const socket = connectPlain(server.port, "127.0.0.1");
    await once(socket, "data");
    socket.write("EHLO client.test\r\n");
    expect(String(await once(socket, "data"))).toContain("STARTTLS");
    socket.write("STARTTLS\r\n");
    expect(String(await once(socket, "data"))).toMatch(/^220 /);
    const secure = connectTls({ socket, servername: "localhost", ca });
    await once(secure, "secureConnect");
    expect(secure.authorized).toBe(true);
    secure.write("EHLO client.test\r\n");
    expect(String(await once(secure, "data"))).not.toContain("STARTTLS");
    secure.write("MAIL FROM:<a@people.test>\r\n");
    expect(String(await once(secure, "data"))).toMatch(/^250 /);
    secure.write("RCPT TO:<team@lists.test>\r\n");
    expect(String(await once(secure, "data"))).toMatch(/^250 /);
    secure.destroy();
    socket.destroy();
  } finally {
    await server.discard();
  }
});

test("in: after a reload, a renewed certificate is shown", async () => {
  const server = await PlayServer.make();
  try {
    await server.start("smtp", "smtp", { fronts: [{ protocol: "smtp", host: "127.0.0.1", port: 0, tls }] });
    const shown = async () => {
      const socket = connectPlain(server.port, "127.0.0.1");
      await once(socket, "data");
      for (const said of ["EHLO client.test", "STARTTLS"]) {
        socket.write(`${said}\r\n`);
        await once(socket, "data");
      }
      const secure = connectTls({ socket, rejectUnauthorized: false });
      await once(secure, "secureConnect");
      const { subject } = secure.getPeerCertificate();
      secure.destroy();
      return subject.CN;
    };
    expect(await shown()).toBe("localhost");
    const key = await readFile(join(folder, "stranger.key"), "utf8");
    const relay = { protocol: "smtp", host: "127.0.0.1", port: server.sink.port, tls: "none" } as const;
    server.service.reload({ relay, renewed: { smtp: { key, cert: stranger } } });
    expect(await shown()).toBe("stranger");
  } finally {
    await server.discard();
  }
});
