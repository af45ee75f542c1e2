/**
 * The whole server: against Schleuder, against smtp-source (which sends one of our copies, unchanged, to as many recipients: the
 * most that a relay takes of such mails from anybody on this machine), its memory, what it costs to remove a member, and how long it
 * leaves others without an answer.
 */
import { POLL_MS } from "../../src/server/base/limits.js";
import { build } from "../../test/server/server-process.js";
import { median } from "../measure.js";
import { rowsOfParts } from "../parts.js";
import { makePeerWorld } from "../peers.js";
import { compare, type Options, type Row } from "../row.js";
import { answeringRows } from "./answering.js";
import { largeRows } from "./large.js";
import { oneCopy, startListServer } from "./list-server.js";
import { profileRows } from "./profile.js";
import {
  isPostfixInstalled,
  openMeteredSink,
  openPostfix,
  openSink,
  type Relay,
  sourceTakes,
} from "./relays.js";
import { schleuderTakes, schleuderVersion } from "./schleuder.js";
import { workerRows } from "./workers.js";

type Program = Awaited<ReturnType<typeof build>>;

interface Size {
  readonly label: string;
  readonly bytes: number;
  readonly members: readonly number[];
}

/** Runs of each contender, in turn. */
const ROUNDS = 3;

const againstSchleuder = (full: boolean): readonly Size[] => [
  { label: "1 kB", bytes: 1_000, members: full ? [10, 100, 500] : [10, 100] },
  { label: "5 MB", bytes: 5_000_000, members: full ? [10, 100, 500] : [10] },
];
/** Into smtp-sink, and through a whole Postfix. */
const intoSink = (full: boolean): readonly Size[] => [
  { label: "1 kB", bytes: 1_000, members: [1_000] },
  { label: "5 MB", bytes: 5_000_000, members: full ? [10, 50, 500] : [10, 50] },
];
const throughPostfix = (full: boolean): readonly Size[] => [
  { label: "1 kB", bytes: 1_000, members: full ? [1_000, 10_000] : [1_000] },
];
/** About the largest that is taken. */
const LARGEST: Size = { label: "49 MB", bytes: 49_000_000, members: [10] };

/** Goal: 20 times less than Schleuder on the clock and of the processor, and less memory. */
async function schleuderRows(program: Program, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const version = schleuderVersion();
  const name = version === undefined ? "schleuder" : `schleuder ${version}`;
  const world = makePeerWorld();
  const sink = await openSink();
  try {
    for (const { label, bytes, members } of againstSchleuder(full)) {
      for (const count of members) {
        const server = await startListServer(program, sink, count);
        const ours = await server.post(bytes, "memory");
        await server.close();
        const theirs =
          version === undefined ? undefined : await schleuderTakes(world, sink.port, bytes, count);
        const what = `whole server, ${label} to ${count} members`;
        rows.push(
          ...compare(what, "s", ours.seconds, [{ name, value: theirs?.seconds, goal: 1 / 20 }]),
          ...compare(what, "CPU s", ours.cpu, [{ name, value: theirs?.cpu, goal: 1 / 20 }]),
          ...compare(what, "MB", ours.memory / 1e6, [
            { name, value: theirs && theirs.memory / 1e6, goal: 1 },
          ]),
        );
      }
    }
  } finally {
    await sink.close();
    world.close();
  }
  return rows;
}

/** Medians of what a post to so many took, and smtp-source for as many, in turn. */
interface Fanned {
  readonly members: number;
  readonly ours: number;
  readonly theirs: number;
}

/** A post of that size to each number of members. */
async function fanOut(program: Program, relay: Relay, { bytes, members }: Size): Promise<readonly Fanned[]> {
  const found: Fanned[] = [];
  const copy = await oneCopy(program, bytes);
  for (const count of members) {
    const server = await startListServer(program, relay, count);
    const turns: { ours: number; theirs: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { seconds } = await server.post(bytes, "clock");
      turns.push({ ours: seconds, theirs: await sourceTakes(relay, copy.path, count) });
    }
    await server.close();
    const theirs = median(turns.map((each) => each.theirs));
    const ours = theirs * median(turns.map((each) => each.ours / each.theirs));
    found.push({ members: count, ours, theirs });
  }
  copy.discard();
  return found;
}

const SUCH_A_COPY = "smtp-source, such a copy to as many";

/**
 * Goal for large mails: a tenth more than smtp-source. What happens once a post (it is taken, stored and opened, where smtp-source
 * has its mail in memory) is no part of what a further member costs.
 */
async function sinkRows(program: Program, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const sink = await openSink();
  for (const size of intoSink(full)) {
    const { label, bytes } = size;
    const found = await fanOut(program, sink, size);
    for (const { members, ours, theirs } of found) {
      const goal = bytes > 1_000_000 && members >= 50 ? { goal: 1.1 } : {};
      rows.push(
        ...compare(`fan-out of ${label} to ${members} members, into smtp-sink`, "s", ours, [
          { name: SUCH_A_COPY, value: theirs, ...goal },
        ]),
      );
    }
    const [few, many] = [found.at(0), found.at(-1)];
    if (few === undefined || many === undefined || few === many) continue;
    const further = many.members - few.members;
    rows.push(
      ...compare(
        `fan-out of ${label}, each further member, into smtp-sink`,
        "ms",
        (1000 * (many.ours - few.ours)) / further,
        [{ name: SUCH_A_COPY, value: (1000 * (many.theirs - few.theirs)) / further, goal: 1.1 }],
      ),
    );
  }
  await sink.close();
  return rows;
}

/** Goal: a quarter more than smtp-source. */
async function postfixRows(program: Program, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const postfix = await openPostfix();
  for (const size of throughPostfix(full)) {
    for (const { members, ours, theirs } of await fanOut(program, postfix, size)) {
      rows.push(
        ...compare(`fan-out of ${size.label} to ${members} members, into Postfix`, "s", ours, [
          { name: SUCH_A_COPY, value: theirs, goal: 1.25 },
        ]),
      );
    }
  }
  await postfix.close();
  return rows;
}

/** Goal: three times the largest mail. A smaller one costs what it takes the process to have had a large one at all. */
async function memoryRows(program: Program): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const sink = await openSink();
  for (const { label, bytes } of [...intoSink(false).slice(1), LARGEST]) {
    const [members = 0] = LARGEST.members;
    const server = await startListServer(program, sink, members);
    const { more, size } = await server.post(bytes, "clock");
    await server.close();
    rows.push(
      ...compare(
        `memory for ${label} to ${members} members, above what a warm server has`,
        "MB",
        more / 1e6,
        [
          {
            name: "the mail as received",
            value: size / 1e6,
            ...(label === LARGEST.label ? { goal: 3 } : {}),
          },
        ],
      ),
    );
  }
  await sink.close();
  return rows;
}

/** Removing one of many: here, and by re-keying (a new list key to everybody who stays, which is a mail to each). */
async function removalRows(program: Program, full: boolean): Promise<readonly Row[]> {
  const count = full ? 10_000 : 1_000;
  const sink = await openMeteredSink();
  const server = await startListServer(program, sink, count);
  const times: number[] = [];
  const before = sink.octets();
  for (let i = 0; i < 9; i++) times.push(await server.removeMember());
  // the server looks at its queue by itself within POLL_MS: whatever a removal were to send has gone out by then
  await new Promise((resolve) => setTimeout(resolve, 2 * POLL_MS));
  const sent = sink.octets() - before;
  // a post with the new key in it is the least that re-keying can be
  const rekeying = await server.post(1_000, "clock");
  await server.close();
  await sink.close();
  const stay = count - times.length;
  return [
    ...compare(`removing one member of ${count}`, "ms", median(times), [
      { name: `re-keying: a mail to each of the ${stay} who stay`, value: rekeying.seconds * 1000 },
    ]),
    ...compare(`removing one member of ${count}, sent to the others`, "MB", sent / times.length / 1e6, [
      { name: `re-keying: a mail to each of the ${stay} who stay`, value: (rekeying.size * stay) / 1e6 },
    ]),
  ];
}

/** The rows of this section. */
export async function rows(options: Options): Promise<readonly Row[]> {
  if (!isPostfixInstalled()) return compare("fan-out", "s", 0, [{ name: "Postfix", value: undefined }]);
  const program = await build("test/server/serve-entry.ts");
  try {
    return await rowsOfParts(
      {
        answering: () => answeringRows(program),
        removal: (full) => removalRows(program, full),
        schleuder: (full) => schleuderRows(program, full),
        "fan-out": (full) => sinkRows(program, full),
        postfix: (full) => postfixRows(program, full),
        memory: () => memoryRows(program),
        profile: () => profileRows(program),
        large: () => largeRows(),
        workers: () => workerRows(program),
      },
      options,
    );
  } finally {
    await program.discard();
  }
}
