/**
 * The container image of packaging/Containerfile, built from Debian's own packages and run: root read-only, no root user, no
 * capability, no network but loopback. A sealed post goes in at its port, and its copies come out at the relay.
 */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ListSealCommand } from "../server/command.js";
import { type Person, PlayServer, person, seal } from "../server/play-server.js";
import { packServer } from "../world/debian-packages.js";
import { PATIENCE, runToEnd } from "../world/processes.js";

const project = new URL("../../", import.meta.url).pathname;
const LIST = "team@lists.test";
const USER = 985;

const missing = process.env["LISTSEAL_MISSING"] ?? "";
const isAdmitted = /\b(registry|buildah|podman|runc|mmdebstrap|debhelper)\b/.test(missing);
if (isAdmitted)
  console.warn("NOT RUN: the container image (install buildah podman runc mmdebstrap debhelper)");

let folder: string;
let volume: string;

/** Storage of its own, which needs no file system of a special kind. */
const storage = () => [
  "--storage-driver",
  "vfs",
  "--root",
  join(folder, "root"),
  "--runroot",
  join(folder, "run"),
];

const buildah = (...words: readonly string[]) => runToEnd("buildah", [...storage(), ...words]);

const podmanWords = (...words: readonly string[]) => [
  ...storage(),
  ...["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "file"],
  ...["--tmpdir", join(folder, "tmp"), ...words],
];

const podman = (...words: readonly string[]) => runToEnd("podman", podmanWords(...words));

/** As docs/OPERATING.md runs it, without a network, and with limits that a machine allows which is a container itself. */
const run = (...words: readonly string[]) =>
  podman(
    ...[
      "run",
      "--read-only",
      "--read-only-tmpfs=false",
      "--cap-drop",
      "all",
      "--security-opt",
      "no-new-privileges",
    ],
    ...[
      "--ulimit",
      "nofile=4096:4096",
      "--ulimit",
      "nproc=4096:4096",
      "--network",
      "none",
      "--health-interval",
      "disable",
    ],
    ...["--volume", `${volume}:/var/lib/listseal`],
    ...words,
  );

/** A shell's words in the running container. */
const inside = (script: string) =>
  runToEnd("podman", podmanWords("exec", "listseal", "sh", "-c", script), { anyCode: true });

/** Debian 13 as `debian:13-slim` is, from Debian's mirror; an archive made once for this checkout. */
async function makeBase(): Promise<string> {
  const base = join(project, "out/debian-13.tar");
  if (existsSync(base)) return base;
  mkdirSync(dirname(base), { recursive: true });
  const draft = `${base}.${process.pid}`;
  await runToEnd("mmdebstrap", ["--quiet", "--format=tar", "--variant=minbase", "trixie", draft]);
  renameSync(draft, base);
  return base;
}

async function buildImage(): Promise<void> {
  const context = join(folder, "context");
  mkdirSync(context);
  const command = await ListSealCommand.build();
  await packServer({ target: context, server: dirname(command.path) });
  await command.discard();

  const beneath = join(folder, "beneath");
  mkdirSync(beneath);
  cpSync(await makeBase(), join(beneath, "debian-13.tar"));
  writeFileSync(join(beneath, "Containerfile"), "FROM scratch\nADD debian-13.tar /\n");
  await buildah("bud", "--tag", "localhost/debian-13", beneath);
  rmSync(beneath, { recursive: true });
  // isolated by chroot alone: apt needs Debian's mirror, and this machine may be a container itself
  await buildah(
    ...["bud", "--isolation", "chroot", "--network", "host", "--format", "docker"],
    ...["--build-arg", "BASE=localhost/debian-13", "--tag", "localhost/listseal"],
    ...["--file", join(project, "packaging/Containerfile"), context],
  );
}

/** A list with two members in the volume, with the settings that are there; gives a post of one of them. */
async function makeList(alice: Person, bob: Person): Promise<Uint8Array> {
  const server = await PlayServer.make();
  try {
    const list = await server.createList(LIST);
    await server.join(list, alice);
    await server.join(list, bob);
    await server.stop();
    const settings = readFileSync(join(volume, "listseal.toml"));
    for (const name of readdirSync(volume)) rmSync(join(volume, name), { recursive: true });
    cpSync(server.folder.path, volume, { recursive: true });
    writeFileSync(join(volume, "listseal.toml"), settings);
    return (await seal(list, alice)).raw;
  } finally {
    await server.discard();
  }
}

/** Gives everything in the volume to the image's user. */
function own(path: string): void {
  chownSync(path, USER, USER);
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }))
    chownSync(join(path, name), USER, USER);
}

/** The smarthost, inside: it writes down who was sent something. */
const RELAY = `import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
const { SMTPServer } = createRequire("/usr/lib/listseal/package.json")("smtp-server");
new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  onData(stream, session, done) {
    stream.resume();
    stream.on("end", () => {
      for (const { address } of session.envelope.rcptTo) appendFileSync("/var/lib/listseal/taken", \`\${address}\\n\`);
      done();
    });
  },
}).listen(2600, "127.0.0.1");
`;

/** Another mail system: hands /var/lib/listseal/post to the port that is published, and says what it was answered last. */
const SENDER = `import { readFileSync } from "node:fs";
import { connect } from "node:net";
const [from, to] = process.argv.slice(2);
const post = readFileSync("/var/lib/listseal/post");
const socket = connect(2525, "127.0.0.1");
const lines = ["EHLO client.test", "MAIL FROM:<" + from + ">", "RCPT TO:<" + to + ">", "DATA", undefined, "QUIT"];
let heard = "";
socket.on("data", (octets) => {
  heard += octets;
  if (!/^\\d{3} .*\\r\\n$/m.test(heard.slice(heard.lastIndexOf("\\n", heard.length - 2) + 1))) return;
  const [code] = /^\\d{3}(?= )/m.exec(heard) ?? [];
  heard = "";
  if (lines.length === 0) return socket.end();
  if (lines.length === 1) console.log(code);
  const line = lines.shift();
  if (line !== undefined) return socket.write(line + "\\r\\n");
  socket.write(post.toString("latin1").replace(/^\\./gm, "..") + "\\r\\n.\\r\\n", "latin1");
});
`;

(isAdmitted ? describe.skip : describe)("the container image", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-image-"));
    // what is below belongs to another user, who has to get there
    chmodSync(folder, 0o755);
    volume = join(folder, "volume");
    mkdirSync(volume, { mode: 0o700 });
    chownSync(volume, USER, USER);
    await buildImage();
  });
  afterAll(async () => {
    await podman("rm", "--force", "--all");
    await buildah("rmi", "--force", "--all");
    rmSync(folder, { recursive: true, force: true });
  });

  test("has no root user, one volume, a health check, and no secret in it", async () => {
    const { stdout } = await podman("inspect", "--type", "image", "localhost/listseal");
    const [image] = z
      .array(
        z.object({
          Config: z.object({
            User: z.string(),
            Volumes: z.record(z.string(), z.unknown()),
            Entrypoint: z.array(z.string()),
            Cmd: z.array(z.string()),
          }),
          Healthcheck: z.object({ Test: z.array(z.string()) }),
        }),
      )
      .parse(JSON.parse(stdout));
    expect(image?.Config).toEqual({
      User: `${USER}:${USER}`,
      Volumes: { "/var/lib/listseal": {} },
      Entrypoint: ["listseal-server"],
      Cmd: ["serve"],
    });
    expect(image?.Healthcheck.Test.join(" ")).toContain("/readyz");
    // a volume that was not made yet is filled with what the image has there
    const words = [
      "run",
      "--rm",
      "--network",
      "none",
      "--ulimit",
      "nofile=4096:4096",
      "--ulimit",
      "nproc=4096:4096",
    ];
    const { stdout: found } = await podman(
      ...words,
      ...["--health-interval", "disable", "--entrypoint", "find", "localhost/listseal"],
      ...["/var/lib/listseal", "/etc/listseal", "-printf", "%u %m %y %p\\n"],
    );
    expect(found.trim().split("\n")).toEqual([
      "listseal 700 d /var/lib/listseal",
      expect.stringMatching(/ l \/etc\/listseal$/),
    ]);
  });

  test("takes a sealed post and relays the copies, with a root that nobody can write to; stops, and goes on", async () => {
    const made = await run(
      "--rm",
      "localhost/listseal",
      "--data",
      "/var/lib/listseal",
      "init",
      "--in-container",
      "smtp://127.0.0.1:2600",
    );
    expect(made.stdout).toContain("created /var/lib/listseal");
    const [alice, bob] = await Promise.all([person("Alice"), person("Bob")]);
    const post = await makeList(alice, bob);
    writeFileSync(join(volume, "post"), post);
    writeFileSync(join(volume, "relay.mjs"), RELAY);
    writeFileSync(join(volume, "sender.mjs"), SENDER);
    own(volume);

    await run("--detach", "--name", "listseal", "localhost/listseal");
    const untilHealthy = async () => {
      const end = Date.now() + PATIENCE;
      for (;;) {
        const { code } = await runToEnd("podman", podmanWords("healthcheck", "run", "listseal"), {
          anyCode: true,
        });
        if (code === 0) return;
        if (Date.now() > end) throw new Error((await podman("logs", "listseal")).stderr);
      }
    };
    await untilHealthy();
    // who it is, and what it may
    expect((await inside("id -u; grep -E 'Cap(Eff|Bnd)|NoNewPrivs' /proc/1/status")).stdout).toBe(
      `${USER}\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\n`,
    );
    for (const path of ["/x", "/usr/x", "/tmp/x", "/var/x", "/etc/x"])
      expect((await inside(`touch ${path}`)).stderr).toContain("Read-only file system");

    const relay = inside("exec node /var/lib/listseal/relay.mjs");
    const sent = await inside(`node /var/lib/listseal/sender.mjs ${alice.address} ${LIST}`);
    expect([sent.stdout.trim(), sent.stderr]).toEqual(["250", ""]);
    const taken = () =>
      existsSync(join(volume, "taken"))
        ? readFileSync(join(volume, "taken"), "utf8").trim().split("\n").sort()
        : [];
    const end = Date.now() + PATIENCE;
    while (taken().length < 2 && Date.now() < end) await inside("listseal-server queue flush --all");
    expect(taken()).toEqual([alice.address, bob.address].sort());
    // the commands find the volume by themselves
    expect((await inside("listseal-server member list team@lists.test")).stdout).toContain(bob.address);
    expect((await inside("listseal-server status")).stdout).toContain(LIST);

    await podman("stop", "listseal");
    await relay;
    const { stdout: how } = await podman("inspect", "--format", "{{.State.ExitCode}}", "listseal");
    expect(how.trim()).toBe("0");
    await podman("start", "listseal");
    await untilHealthy();
    expect((await inside("listseal-server queue show --limit 1 | tail -1")).stdout).toBe(
      "waiting 0, aside 0\n",
    );
  });
});
