/** The record for MTA-STS is named where the policy is served as a sender wants it, and nowhere else. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { mtaStsRecord, zoneLine } from "../../src/server/admin/dns-records.js";
import { readServedPolicy } from "../../src/server/admin/served-policy.js";

const GOOD = "version: STSv1\r\nmode: testing\r\nmx: mail.people.test\r\nmax_age: 604800\r\n";

let folder: string;
let ca: string;
let server: Server | undefined;

const lookup: LookupFunction = (_name, options, found) =>
  options.all === true ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "listseal-mta-sts-"));
  const openssl = (...words: readonly string[]) =>
    execFileSync("openssl", words, { cwd: folder, stdio: "ignore" });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...ec, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca", "-days", "2");
  openssl("req", ...ec, "-keyout", "web.key", "-out", "web.csr", "-subj", "/CN=web");
  writeFileSync(join(folder, "names"), "subjectAltName=DNS:mta-sts.lists.test\n");
  openssl(
    ...["x509", "-req", "-in", "web.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-out", "web.crt", "-days", "2", "-extfile", "names"],
  );
  ca = readFileSync(join(folder, "ca.crt"), "utf8");
});
afterEach(async () => {
  server?.close();
  server?.closeAllConnections();
  if (server !== undefined) await once(server, "close");
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is found where a web server of the test answers. */
async function found(
  answer: { readonly code?: number; readonly text: string },
  domain = "lists.test",
  authority: string | null = ca,
) {
  const files = { cert: readFileSync(join(folder, "web.crt")), key: readFileSync(join(folder, "web.key")) };
  server = createServer(files, (request, response) => {
    const isPolicy = request.url === "/.well-known/mta-sts.txt";
    response.writeHead(isPolicy ? (answer.code ?? 200) : 404, { Location: "https://mta-sts.lists.test/" });
    response.end(answer.text);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  if (at === null || typeof at === "string") throw new Error("no port");
  return readServedPolicy(domain, "mail.people.test", {
    port: at.port,
    lookup,
    ...(authority === null ? {} : { ca: authority }),
  });
}

test("a policy that names this machine has its record, and another id when it changes", async () => {
  const served = await found({ text: GOOD });
  expect(served).toEqual({ kind: "served", mode: "testing", id: expect.stringMatching(/^[0-9a-f]{20}$/) });
  if (served.kind !== "served") return;
  expect(zoneLine(mtaStsRecord("lists.test", served.id))).toMatch(
    /^_mta-sts\.lists\.test\. IN TXT "v=STSv1; id=[0-9a-f]{20}" {2}; /,
  );
  server?.close();
  server?.closeAllConnections();
  const changed = await found({ text: GOOD.replace("testing", "enforce") });
  expect(changed).toMatchObject({ kind: "served", mode: "enforce" });
  expect(changed).not.toMatchObject({ id: served.id });
});

test("a wildcard stands for one label", async () => {
  expect(await found({ text: GOOD.replace("mx: mail.", "mx: *.") })).toMatchObject({ kind: "served" });
  server?.close();
  server?.closeAllConnections();
  expect(await found({ text: GOOD.replace("mx: mail.people.test", "mx: *.test") })).toMatchObject({
    kind: "wrong",
  });
});

test.each([
  [
    "another machine's",
    { text: GOOD.replace("mail.people", "mx.other") },
    "wrong",
    "no line mx: mail.people.test",
  ],
  ["no policy", { text: "<html>hello</html>" }, "wrong", "no policy"],
  ["a mode that there is none of", { text: GOOD.replace("testing", "strict") }, "wrong", "no policy"],
  ["not there", { code: 404, text: "" }, "not-served", "404"],
  ["elsewhere: senders follow no redirection", { code: 301, text: "" }, "not-served", "301"],
  ["without an end", { text: "a".repeat(100_000) }, "not-served", "too large"],
])("%s: no record", async (_what, answer, kind, reason) => {
  expect(await found(answer)).toEqual({ kind, reason: expect.stringContaining(reason) });
});

test("a certificate that a sender would not take: no record", async () => {
  expect(await found({ text: GOOD }, "lists.test", null)).toMatchObject({ kind: "not-served" });
  server?.close();
  server?.closeAllConnections();
  expect(await found({ text: GOOD }, "other.test")).toMatchObject({ kind: "not-served" });
});
