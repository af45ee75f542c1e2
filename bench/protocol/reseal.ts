/**
 * The server's work a member: the literal sealed for each, as opened once and signed once.
 *
 * What is the same for all contenders: the literal is there, certificates are known (ours parsed and validated, the
 * others' in their keyrings or files), nothing is compressed. The others sign nothing; our copies hold the list signature.
 *
 * Against the floor both are counted in processor time, in turns of 100 members: what else runs on the machine then
 * disturbs neither. Against programs it is time on the clock: starting a process is part of what they cost.
 *
 * Members are 50 different certificates, in turn. A program that is started once a member is measured on 4 members, and
 * once for all of them on 50: its cost a member does not depend on how many there are.
 */
import { diffieHellman, generateKeyPairSync } from "node:crypto";
import {
  armorSealingKey,
  generateKey,
  generateMemberKey,
  type Mode,
  type OpeningKey,
  openAtServer,
  type PreparedReseal,
  type Profile,
  prepareReseal,
  resealFor,
  type SealingKey,
  sealingHalf,
  sealPost,
  writeSealingKey,
} from "../../src/protocol/index.js";
import { FastReseal } from "../../src/server/delivery/fast-reseal.js";
import { type Contender, measure, median } from "../measure.js";
import { gpgArgs, type PeerWorld } from "../peers.js";
import { compare, type Row } from "../row.js";

const KEYS = 50;
const ONE_BY_ONE = 4;
const memberCounts = [10, 100, 1000, 10_000];
const bodies = [
  { label: "1 kB", bytes: 1000 },
  { label: "100 kB", bytes: 100_000 },
  { label: "10 MB", bytes: 10_000_000 },
];

interface List {
  readonly profile: Profile;
  readonly address: string;
  readonly key: SealingKey<"list">;
  readonly server: OpeningKey<"server">;
  readonly author: OpeningKey<"member">;
  readonly members: readonly SealingKey<"member">[];
}

async function makeList(profile: Profile): Promise<List> {
  const address = "team@lists.example";
  const members: SealingKey<"member">[] = [];
  for (let i = 0; i < KEYS; i++) {
    members.push(sealingHalf(await generateMemberKey({ profile, address: `m${i}@example.test` })));
  }
  return {
    profile,
    address,
    key: sealingHalf(await generateKey("list", { address, profile })),
    server: await generateKey("server", { address, profile }),
    author: await generateMemberKey({ profile, address: "author@example.test" }),
    members,
  };
}

async function prepare(list: List, mode: Mode, bytes: number): Promise<PreparedReseal> {
  const payload = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(payload.subarray(at, at + 65_536));
  const named = { address: list.address, key: list.key };
  const sealed = await sealPost({
    mode,
    payload,
    messageId: "<1@example.test>",
    list: named,
    server: sealingHalf(list.server),
    author: list.author,
  });
  const context = { list: named, server: list.server, author: sealingHalf(list.author) };
  const opened = await openAtServer(sealed, context);
  return prepareReseal(opened, { ...context, roster: { number: 1, hash: "00".repeat(32) } });
}

/** Node's own key generation and agreement: what no sealing for a member on this curve can do without. */
function makeFloor(): (count: number) => void {
  const { publicKey } = generateKeyPairSync("x25519");
  return (count) => {
    for (let i = 0; i < count; i++) {
      const { privateKey } = generateKeyPairSync("x25519");
      diffieHellman({ privateKey, publicKey });
    }
  };
}

const SLICE = 100;

/** Processor milliseconds a member, ours (with the container) and the floor, in slices that take turns. Medians of posts. */
async function againstFloor(
  list: List,
  prepared: PreparedReseal,
  count: number,
  seconds: number,
): Promise<{ readonly ours: number; readonly floor: number }> {
  const sealer = new FastReseal();
  const floor = makeFloor();
  const results: { ours: number; floor: number }[] = [];
  const end = performance.now() + seconds * 1000;
  // the first post warms up
  for (let post = -1; post < 3 || performance.now() < end; post++) {
    const thisPost = { ...prepared };
    const spent = { ours: 0, floor: 0 };
    for (let done = 0; done < count; done += SLICE) {
      const slice = Math.min(SLICE, count - done);
      const start = processorTime();
      await sealFor(list, thisPost, done, slice, sealer);
      const between = processorTime();
      floor(slice);
      spent.ours += between - start;
      spent.floor += processorTime() - between;
    }
    sealer.finish(thisPost);
    if (post >= 0) results.push({ ours: spent.ours / count, floor: spent.floor / count });
  }
  const floorMedian = median(results.map((each) => each.floor));
  return { ours: floorMedian * median(results.map((each) => each.ours / each.floor)), floor: floorMedian };
}

/** Milliseconds of processor time of this process so far. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function sealFor(
  list: List,
  post: PreparedReseal,
  from: number,
  count: number,
  sealer: FastReseal,
): Promise<void> {
  for (let i = from; i < from + count; i++) {
    const member = list.members[i % KEYS];
    if (member !== undefined) await sealer.piecesFor(post, member);
  }
}

/** One post to `count` members: a container, and a packet for each. */
function fast(list: List, prepared: PreparedReseal, count: number, sealer: FastReseal): Contender {
  return {
    name: `fast ${count}`,
    units: count,
    run: async () => {
      // another object is another post: its own session key and container
      const post = { ...prepared };
      await sealFor(list, post, 0, count, sealer);
      sealer.finish(post);
    },
  };
}

function plain(list: List, prepared: PreparedReseal): Contender {
  const few = list.members.slice(0, ONE_BY_ONE);
  return {
    name: "plain",
    units: few.length,
    run: async () => {
      for (const member of few) await resealFor(prepared, member);
    },
  };
}

function programs(list: List, literal: Uint8Array, world: PeerWorld): readonly Contender[] {
  const input = world.file("literal", literal);
  const out = `${world.folder}/out`;
  const ids = list.members.map((_, i) => `m${i}@example.test`);
  const files = list.members.map((_, i) => `${world.folder}/m${i}.asc`);
  const gpg = (to: readonly string[]) =>
    world.run("gpg", [...gpgArgs, "-z", "0", ...to.flatMap((id) => ["-r", id]), "-o", out, "-e", input]);
  const sq = (to: readonly string[]) =>
    world.run("sq", [
      ...["--force", "encrypt", "--binary", "--compression", "none"],
      ...to.flatMap((file) => ["--recipient-cert", file]),
      ...["-o", out, input],
    ]);
  const rnp = (to: readonly string[]) =>
    world.run("rnp", [
      ...["--homedir", `${world.folder}/r`, "-e", "-z", "0", "--overwrite", "--output", out],
      ...to.flatMap((id) => ["-r", id]),
      input,
    ]);
  const each = (run: (to: readonly string[]) => void, all: readonly string[]) => () => {
    for (const one of all.slice(0, ONE_BY_ONE)) run([one]);
  };
  return [
    { name: "gpg", units: ONE_BY_ONE, run: each(gpg, ids) },
    { name: `gpg -r x${KEYS}`, units: KEYS, run: () => gpg(ids) },
    { name: "sq", units: ONE_BY_ONE, run: each(sq, files) },
    { name: `sq x${KEYS}`, units: KEYS, run: () => sq(files) },
    { name: "rnp", units: ONE_BY_ONE, run: each(rnp, ids) },
    { name: `rnp -r x${KEYS}`, units: KEYS, run: () => rnp(ids) },
  ];
}

function importMembers(list: List, world: PeerWorld): void {
  const files = list.members.map((member, i) => world.file(`m${i}.asc`, armorSealingKey(member)));
  if (world.has("gpg")) world.run("gpg", [...gpgArgs, "--import", ...files]);
  if (!world.has("rnp")) return;
  world.run("mkdir", ["-m", "700", `${world.folder}/r`]);
  for (const file of files) world.run("rnpkeys", ["--homedir", `${world.folder}/r`, "--import-key", file]);
}

/** Rows for one mode and body of the profile `compatible`, which is the one that the programs know. */
async function rowsOf(list: List, mode: Mode, body: (typeof bodies)[number], world: PeerWorld) {
  const prepared = await prepare(list, mode, body.bytes);
  const rows: Row[] = [];
  const name = (count: number) => `reseal, mode ${mode}, ${body.label}, ${count} members`;
  for (const count of memberCounts) {
    const { ours, floor } = await againstFloor(list, prepared, count, count > 1000 ? 2 : 1);
    // in mode whole the body is encrypted once, whoever does it; a goal makes sense where many members share that
    const shared = mode === "key" || ours * count > 50 * body.bytes * 1e-6;
    rows.push(
      ...compare(name(count), "CPU ms/member", ours, [
        { name: "Node's raw X25519 (floor)", value: floor, ...(shared ? { goal: 1.3 } : {}) },
      ]),
    );
  }

  const sealer = new FastReseal();
  const counts = [10, 1000];
  const all = programs(list, prepared.opened.literal, world);
  const isHere = ({ name }: Contender) =>
    (["gpg", "sq", "rnp"] as const).some((peer) => name.startsWith(peer) && world.has(peer));
  const times = await measure(
    [
      ...counts.map((count) => fast(list, prepared, count, sealer)),
      plain(list, prepared),
      ...all.filter(isHere),
    ],
    { seconds: 4, rounds: 3 },
  );
  for (const count of counts) {
    rows.push(
      ...compare(name(count), "ms/member", times.get(`fast ${count}`) ?? Number.NaN, [
        { name: "gpg, one process a member", value: times.get("gpg"), goal: 1 / 30 },
        { name: `gpg, one process, -r x${KEYS}, to be split`, value: times.get(`gpg -r x${KEYS}`) },
        { name: "sq, one process a member", value: times.get("sq") },
        { name: `sq, one process, x${KEYS}`, value: times.get(`sq x${KEYS}`) },
        { name: "rnp, one process a member", value: times.get("rnp") },
        { name: `rnp, one process, -r x${KEYS}`, value: times.get(`rnp -r x${KEYS}`) },
        { name: "our plain path (openpgp.js)", value: times.get("plain") },
      ]),
    );
  }
  return rows;
}

/** What has no peer among programs: mode `key` must not care how large the body is; the v6 profile; the first post. */
async function oursAlone(compatible: List, rfc9580: List): Promise<readonly Row[]> {
  const count = 1000;
  const small = await prepare(compatible, "key", 1000);
  const large = await prepare(compatible, "key", 10_000_000);
  const atSmall = await againstFloor(compatible, small, count, 4);
  const atLarge = await againstFloor(compatible, large, count, 4);
  const v6 = await againstFloor(rfc9580, await prepare(rfc9580, "key", 1000), count, 4);
  const certificates = compatible.members.map(writeSealingKey);
  const sealer = new FastReseal();
  const times = await measure(
    [
      {
        name: "first",
        units: KEYS,
        run: async () => {
          const cold = new FastReseal();
          for (const bytes of certificates) await cold.piecesFor(small, bytes);
        },
      },
      {
        name: "later",
        units: KEYS,
        run: async () => {
          for (const bytes of certificates) await sealer.piecesFor(small, bytes);
        },
      },
    ],
    { seconds: 3 },
  );
  return [
    // each by its own floor, so that the machine's mood between the two does not count
    ...compare("reseal, mode key, 10 MB, 1000 members", "of the floor", atLarge.ours / atLarge.floor, [
      { name: "the same at 1 kB", value: atSmall.ours / atSmall.floor, goal: 1.1 },
    ]),
    ...compare("reseal, mode key, v6 members, 1000 members", "CPU ms/member", v6.ours, [
      { name: "Node's raw X25519 (floor)", value: v6.floor, goal: 1.3 },
    ]),
    ...compare(
      "a member's first post: certificate parsed and validated",
      "ms/member",
      times.get("first") ?? Number.NaN,
      [{ name: "every later post", value: times.get("later") }],
    ),
  ];
}

/** All rows about the server's work a member. */
export async function resealRows(world: PeerWorld): Promise<readonly Row[]> {
  const compatible = await makeList("compatible");
  const rfc9580 = await makeList("rfc9580");
  importMembers(compatible, world);
  const rows: Row[] = [];
  for (const mode of ["key", "whole"] as const) {
    for (const body of bodies) rows.push(...(await rowsOf(compatible, mode, body, world)));
  }
  return [...rows, ...(await oursAlone(compatible, rfc9580))];
}
