/** doctor, against a resolver, a relay and a folder with things wrong in them. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { FUTURE_ALLOWED_MS } from "../../src/openpgp/policy.js";
import { addMember } from "../../src/server/admin/administration.js";
import { defaultConfig } from "../../src/server/admin/config.js";
import type { Diagnosis } from "../../src/server/admin/diagnosis.js";
import { examine } from "../../src/server/admin/doctor.js";
import { PlayServer, person } from "./play-server.js";

let server: PlayServer;
let resolver: Socket;
/** `TYPE name` -> the record's data. */
let zone: Map<string, Buffer>;

const name = (text: string) =>
  Buffer.concat([
    ...text.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.alloc(1),
  ]);
const txt = (text: string) => Buffer.from(`${String.fromCharCode(text.length)}${text}`);
const types: Record<number, string> = { 15: "MX", 16: "TXT" };

/** Answers one question (RFC 1035, 4) from the zone; NXDOMAIN for what isn't there. */
function reply(query: Buffer): Buffer {
  const end = query.indexOf(0, 12) + 1;
  const question = query.subarray(12, end + 4);
  const labels: string[] = [];
  for (let at = 12; query[at]; at += (query[at] ?? 0) + 1)
    labels.push(query.toString("latin1", at + 1, at + 1 + (query[at] ?? 0)));
  const data = zone.get(`${types[query.readUInt16BE(end)]} ${labels.join(".").toLowerCase()}`);
  const head = Buffer.from([
    ...query.subarray(0, 2),
    0x81,
    data ? 0x80 : 0x83,
    0,
    1,
    0,
    data ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  if (data === undefined) return Buffer.concat([head, question]);
  const record = Buffer.from([
    0xc0,
    12,
    ...query.subarray(end, end + 4),
    0,
    0,
    0,
    60,
    data.length >> 8,
    data.length & 0xff,
  ]);
  return Buffer.concat([head, question, record, data]);
}

beforeEach(async () => {
  server = await PlayServer.make();
  zone = new Map();
  resolver = createSocket("udp4");
  resolver.on("message", (query, from) => resolver.send(reply(query), from.port, from.address));
  resolver.bind(0, "127.0.0.1");
  await once(resolver, "listening");
});

afterEach(async () => {
  resolver.close();
  await server.discard();
});

const doctor = (): Promise<readonly Diagnosis[]> => {
  const { folder, place } = server;
  const config = {
    ...defaultConfig,
    dns: { resolver: { host: "127.0.0.1", port: resolver.address().port } },
  };
  return examine(
    { folder, place, config },
    { protocol: "smtp", host: "127.0.0.1", port: server.sink.port, tls: "none" },
  );
};

const wrong = (findings: readonly Diagnosis[]) =>
  findings.flatMap(({ verdict, text }) =>
    verdict === "WRONG" && !/Postfix|MiB free/.test(text) ? [text] : [],
  );

test("finds nothing wrong where nothing is", async () => {
  await server.createList("team@lists.test");
  zone.set("MX lists.test", Buffer.concat([Buffer.from([0, 10]), name("mx.lists.test")]));
  zone.set("TXT lists.test", txt("v=spf1 mx -all"));
  zone.set("TXT _dmarc.lists.test", txt("v=DMARC1; p=reject"));
  const findings = await doctor();
  expect(wrong(findings)).toEqual([]);
  for (const text of [
    "MX mx.lists.test",
    "v=spf1 mx -all",
    "v=DMARC1; p=reject",
    "answers",
    "the server key can be used",
  ]) {
    expect(findings.filter((finding) => finding.text.includes(text))).toMatchObject([{ verdict: "ok" }]);
  }
});

test("names what is wrong: records, relay, a key file that others can read", async () => {
  const list = await server.createList("team@lists.test");
  zone.set("TXT lists.test", txt("something=else"));
  await chmod(join(server.folder.keys, list.list.serverKeyFile), 0o644);
  await server.sink.close();
  const found = wrong(await doctor());
  for (const text of [
    "no MX record",
    "no SPF record",
    "can't be used: nothing is listening there",
    "others can read",
  ]) {
    expect(found.join("\n")).toContain(text);
  }
  await server.sink.reopen();
});

test("names what keeps a list from working: serve stopped, no owner, suspended members, a list that the database lacks", async () => {
  const list = await server.createList("team@lists.test");
  const alice = await person("Alice");
  await server.join(list, alice);
  const { store } = await server.start();
  const member = await store.memberByAddress(list.list.id, alice.address);
  await store.suspendMember(member?.id ?? 0, "bounces", Date.now());
  expect((await doctor()).map(({ text }) => text)).toContain("serve is running");
  await server.stop();
  const lacking = { lists: { "gone@lists.test": { number: 0, hash: "0".repeat(64), owners: [] } } };
  await writeFile(server.folder.heads, JSON.stringify(lacking));
  const found = (await doctor()).filter(({ verdict }) => verdict !== "ok");
  for (const text of [
    "serve is not running",
    "team@lists.test: no owner",
    "team@lists.test: 1 member suspended",
    "gone@lists.test: this list is not in the database",
  ]) {
    expect(found.map((finding) => finding.text).join("\n")).toContain(text);
  }
});

test("a roster from the future: the clock is behind, and every post would be refused", async () => {
  const list = await server.createList("team@lists.test");
  const alice = await person("Alice");
  const joinAt = (now: number) =>
    server.office(({ store, folder }) =>
      addMember({ store, folder, now: () => now }, list.address, {
        address: alice.address,
        name: alice.name,
        certificate: writeSealingKey(sealingHalf(alice.key)),
        shape: "encrypted",
      }),
    );
  const clock = async () => (await doctor()).filter(({ text }) => text.startsWith("the clock shows"));
  await joinAt(Date.now() + FUTURE_ALLOWED_MS / 2);
  expect(await clock()).toMatchObject([{ verdict: "ok" }]);
  await server.remove(list, alice);
  await joinAt(Date.now() + 3_600_000);
  const [found, ...more] = await clock();
  expect(more).toEqual([]);
  expect(found).toMatchObject({ verdict: "WRONG" });
  expect(found?.text).toMatch(/the roster has a later date$/);
});
