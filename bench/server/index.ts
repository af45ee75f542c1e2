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
const againstSource = (full: boolean): readonly (Size & { readonly to: "smtp-sink" | "Postfix" })[] => [
  { to: "smtp-sink", label: "1 kB", bytes: 1_000, members: [1_000] },
  { to: "smtp-sink", label: "5 MB", bytes: 5_000_000, members: full ? [500] : [50] },
  { to: "Postfix", label: "1 kB", bytes: 1_000, members: full ? [10_000] : [1_000] },
];

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

/** Goal: through Postfix a quarter more than smtp-source, of large mails a tenth. Memory: three times the mail, however many members. */
async function sourceRows(program: Program, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { to, label, bytes, members } of againstSource(full)) {
    for (const count of members) {
      const relay: Relay = await (to === "Postfix" ? openPostfix() : openSink());
      const copy = await oneCopy(program, bytes);
      const server = await startListServer(program, relay, count);
      const ratios: { ours: number; theirs: number }[] = [];
      let more = 0;
      let size = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const took = await server.post(bytes, "clock");
        if (round === 0) ({ more, size } = took);
        ratios.push({ ours: took.seconds, theirs: await sourceTakes(relay, copy.path, count) });
      }
      await server.close();
      await relay.close();
      copy.discard();
      const theirs = median(ratios.map((each) => each.theirs));
      const ours = theirs * median(ratios.map((each) => each.ours / each.theirs));
      const goal = to === "Postfix" ? { goal: 1.25 } : bytes > 1_000_000 ? { goal: 1.1 } : {};
      rows.push(
        ...compare(`fan-out of ${label} to ${count} members, into ${to}`, "s", ours, [
          { name: "smtp-source, such a copy to as many", value: theirs, ...goal },
        ]),
      );
      if (bytes <= 1_000_000) continue;
      rows.push(
        ...compare(
          `memory for ${label} to ${count} members, above what a warm server has`,
          "MB",
          more / 1e6,
          [{ name: "the mail as received", value: size / 1e6, goal: 3 }],
        ),
      );
    }
  }
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
        "fan-out": (full) => sourceRows(program, full),
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
