/** The web doors: leaving by one click, and what the operator's monitoring asks. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { wholeRoster } from "./many-members.js";
import { type Person, type PlayList, PlayServer, person } from "./play-server.js";
import { onEachStore } from "./stores.js";

let server: PlayServer;
let alice: Person;
let bob: Person;
let list: PlayList;

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = [await person("Alice"), await person("Bob")];
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
});

afterEach(() => server.discard());

const local = { host: "127.0.0.1", port: 0 };

/** The one-click link on Bob's copy of a fresh post, as the path behind the public address. */
async function linkToBob(): Promise<string> {
  await server.post(list, alice);
  await server.untilQuiet();
  const copy = server.sink.for(bob.address).at(-1);
  if (copy === undefined) throw new Error("no copy");
  const fields = new Map((await PostalMime.parse(copy.raw)).headers.map(({ key, value }) => [key, value]));
  expect(fields.get("list-unsubscribe-post")).toBe("List-Unsubscribe=One-Click");
  const [, path = ""] =
    /<https:\/\/out\.test\/(leave\/[^>]+)>, <mailto:/.exec(fields.get("list-unsubscribe") ?? "") ?? [];
  expect(path).not.toBe("");
  return path;
}

const members = async () =>
  (await wholeRoster(server.service.store, list.list.id)).map((member) => member.address);

onEachStore(() => {
  test("one click leaves; looking at the link does not; nobody's link is nobody's", async () => {
    await server.start("smtp", "smtp", { web: local, publicUrl: "https://out.test/" });
    const path = await linkToBob();
    const at = (link: string) => `http://127.0.0.1:${server.service.web?.port}/${link}`;
    const click = { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) };

    const shown = await fetch(at(path));
    expect(shown.status).toBe(200);
    expect(shown.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await shown.text()).toContain('<form method="post">');
    expect((await fetch(at(path), { method: "POST", body: "other=1" })).status).toBe(400);
    expect((await fetch(at(path.replace(/-[a-z2-7]{4}/, "-aaaa")), click)).status).toBe(404);
    expect((await fetch(at("leave/1/../../etc/passwd"), click)).status).toBe(404);
    expect((await fetch(at(path), { method: "DELETE" })).status).toBe(405);
    expect(
      (await fetch(at(path), { method: "POST", body: "x".repeat(5000) }).catch(() => ({ status: 500 })))
        .status,
    ).toBe(500);
    expect(await members()).toEqual([alice.address, bob.address]);

    expect((await fetch(at(path), click)).status).toBe(200);
    expect(await members()).toEqual([alice.address]);
    expect((await fetch(at(path), click)).status).toBe(404);
    // a fresh membership has a fresh link
    await server.join(list, bob);
    expect((await fetch(at(path), click)).status).toBe(404);
  });

  test("with files of its own it speaks https, and with renewed ones after a reload", async () => {
    const make = async (name: string) => {
      const [key, cert] = [join(server.folder.path, `${name}.key`), join(server.folder.path, `${name}.pem`)];
      await promisify(execFile)("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        ...["-keyout", key, "-out", cert, "-days", "2"],
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
      ]);
      return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
    };
    const [tls, renewed] = [await make("first"), await make("second")];
    const publicUrl = "https://out.test/";
    await server.start("smtp", "smtp", { web: { ...local, tls }, publicUrl });
    const path = await linkToBob();
    /** The answer to a click, of a server with this certificate. */
    const click = (ca: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const at = { port: server.service.web?.port, host: "localhost", family: 4, agent: false } as const;
        request({ ...at, path: `/${path}`, method: "POST", ca }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end("List-Unsubscribe=One-Click");
      });
    await expect(click(renewed.cert)).rejects.toThrow();
    expect(await click(tls.cert)).toBe(200);
    expect(await members()).toEqual([alice.address]);
    const relay = { protocol: "smtp", host: "127.0.0.1", port: server.sink.port, tls: "none" } as const;
    server.service.reload({ relay, publicUrl, renewed: { web: renewed } });
    await expect(click(tls.cert)).rejects.toThrow();
    expect(await click(renewed.cert)).toBe(404);
  });

  test("health, readiness and metrics name no person", async () => {
    await server.start("smtp", "smtp", { vitals: local });
    await server.post(list, alice);
    await server.submit(list, alice, "Subject: plain\r\n\r\nHello\r\n");
    await server.untilQuiet();
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${server.service.vitals?.port}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await ask("/healthz")).toEqual({ status: 200, text: "ok\n" });
    expect(await ask("/readyz")).toEqual({ status: 200, text: "ready\n" });
    expect((await ask("/")).status).toBe(404);
    const { text } = await ask("/metrics");
    for (const line of [
      'listseal_mails_total{what="list",reply="250"} 1',
      'listseal_mails_total{what="list",reply="550"} 1',
      'listseal_copies_total{outcome="sent"} 2',
      'listseal_queue_jobs{state="waiting"} 0',
      "listseal_queue_oldest_seconds 0",
      "listseal_relay_up 1",
      'listseal_members_suspended{list="team@lists.test"} 0',
      'listseal_members{list="team@lists.test"} 2',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).not.toContain("people.test");

    await server.service.store.close();
    expect((await ask("/readyz")).status).toBe(503);
  });
});
