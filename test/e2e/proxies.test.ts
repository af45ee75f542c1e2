/** The settings for Caddy and nginx (docs/web), as they are but for addresses and certificates, in front of a real server. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import PostalMime from "postal-mime";
import { type Person, type PlayList, PlayServer, person } from "../server/play-server.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { type RunningProcess, runToEnd, startProcess, untilListening } from "../world/processes.js";

const snippet = (name: string) => readFileSync(new URL(`../../docs/web/${name}`, import.meta.url), "utf8");

const isAdmitted = /\b(caddy|nginx-light)\b/.test(process.env["LISTSEAL_MISSING"] ?? "");
if (isAdmitted) console.warn("NOT RUN: behind Caddy and nginx (install caddy nginx-light)");

let folder: string;
let server: PlayServer;
let list: PlayList;
let alice: Person;
let proxy: RunningProcess | undefined;
let port: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "listseal-proxy-"));
  port = await freePort();
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
  ]);
  server = await PlayServer.make();
  list = await server.createList("team@lists.test");
  alice = await person("Alice");
  for (const who of [alice, await person("Bob")]) await server.join(list, who);
  await server.start("smtp", "smtp", { web: { host: LOOPBACK, port: 0 }, publicUrl: "https://localhost/" });
});
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  await server.discard();
  rmSync(folder, { recursive: true, force: true });
});

/** A text in which each of these stands, in place of what the document has. */
function adapted(text: string, changes: readonly (readonly [string, string])[]): string {
  for (const [before] of changes)
    if (!text.includes(before)) throw new Error(`not in the document: ${before}`);
  return changes.reduce((now, [before, after]) => now.replaceAll(before, after), text);
}

async function startCaddy(): Promise<void> {
  const changes = [
    [
      "lists.example {",
      `https://localhost:${port} {\n\tbind ${LOOPBACK}\n\ttls ${folder}/cert.pem ${folder}/key.pem`,
    ],
    ["127.0.0.1:8480", `${LOOPBACK}:${server.service.web?.port}`],
  ] as const;
  const file = join(folder, "Caddyfile");
  writeFileSync(
    file,
    `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${adapted(snippet("Caddyfile"), changes)}`,
  );
  await start("caddy", ["run", "--config", file, "--adapter", "caddyfile"]);
}

async function startNginx(): Promise<void> {
  const changes = [
    ["listen 443 ssl", `listen ${LOOPBACK}:${port} ssl`],
    ["/etc/letsencrypt/live/lists.example/fullchain.pem", `${folder}/cert.pem`],
    ["/etc/letsencrypt/live/lists.example/privkey.pem", `${folder}/key.pem`],
    ["server_name lists.example", "server_name localhost"],
    ["127.0.0.1:8480", `${LOOPBACK}:${server.service.web?.port}`],
  ] as const;
  const file = join(folder, "nginx.conf");
  writeFileSync(
    file,
    `pid ${folder}/pid;\nerror_log ${folder}/error.log;\ndaemon off;\nevents {}\nhttp {\naccess_log ${folder}/access.log;\n${adapted(snippet("nginx.conf"), changes)}}\n`,
  );
  await start("nginx", ["-c", file, "-p", folder]);
}

async function start(command: string, args: readonly string[]): Promise<void> {
  const where = (
    await runToEnd("sh", ["-c", `command -v ${command} || echo /usr/sbin/${command}`])
  ).stdout.trim();
  for (const name of ["config", "home"]) mkdirSync(join(folder, name), { recursive: true });
  proxy = await startProcess({
    name: command,
    command: where,
    args: [...args],
    env: {
      ...process.env,
      HOME: join(folder, "home"),
      XDG_CONFIG_HOME: join(folder, "config"),
      XDG_DATA_HOME: join(folder, "home"),
    },
    logFile: join(folder, "said"),
  });
  await untilListening(proxy, port);
}

/** Status of an answer of the proxy. */
function ask(path: string, method = "GET", body = ""): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const at = {
      host: "localhost",
      family: 4,
      port,
      agent: false,
      ca: readFileSync(join(folder, "cert.pem")),
    } as const;
    request({ ...at, path, method }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end(body);
  });
}

(isAdmitted ? test.skip : test).each([
  ["Caddy", startCaddy],
  ["nginx", startNginx],
])("behind %s, one click leaves the list, and nothing else is reached", async (_name, startProxy) => {
  await startProxy();
  await server.post(list, alice);
  await server.untilQuiet();
  const { headers } = await PostalMime.parse(server.sink.for(alice.address).at(-1)?.raw ?? "");
  const field = headers.find(({ key }) => key === "list-unsubscribe")?.value ?? "";
  const [, path = ""] = /<https:\/\/localhost(\/leave\/[^>]+)>/.exec(field) ?? [];
  expect(await ask(path)).toBe(200);
  expect(await ask("/")).toBe(404);
  expect(await ask("/metrics")).toBe(404);
  expect(await ask("/leave/1/nobody")).toBe(404);
  expect(await ask("/refused/ja")).toBe(200);
  expect(await ask("/refused/tlh")).toBe(404);
  expect(await ask(path, "POST", "List-Unsubscribe=One-Click")).toBe(200);
  expect(await server.service.store.memberByAddress(list.list.id, alice.address)).toBeUndefined();
  // no log of the proxy has a link
  const said = await runToEnd("sh", ["-c", `cat ${folder}/said ${folder}/*.log 2> /dev/null`], {
    anyCode: true,
  });
  expect(said.stdout).not.toContain("/leave/1/");
});
