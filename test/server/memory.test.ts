/**
 * What a large post takes in the memory of a whole server: a process of its own, from the DATA that came in to the last copy.
 *
 * The bound guards against a copy too many; bench/README.md has what is measured.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { addCrowd } from "./crowd.js";
import { submit } from "./dialogue.js";
import { PlayServer, person, seal } from "./play-server.js";
import { build, ServerProcess } from "./server-process.js";

const TEXT_BYTES = 12_000_000;
const MEMBERS = 30;
/** Measured: 4 to 5.5 times the mail. Before large parts went past the parser it was 11. */
const MAX_TIMES = 8;

/** Of a second list; a copy kept for each of its members would be four times {@link MAX_MORE}. */
const MANY_MEMBERS = 120;
const MANY_TEXT_BYTES = 2_000_000;
const MAX_MORE = 60_000_000;

function peakOf(pid: number | undefined): number {
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

test(`a large post to ${MEMBERS} members takes at most ${MAX_TIMES} times its size, and ${MANY_MEMBERS} members take no more than ${MEMBERS}`, async () => {
  const program = await build("test/server/serve-entry.ts");
  const play = await PlayServer.make();
  const alice = await person("Alice");
  const list = await play.createList("team@lists.test");
  await play.join(list, alice);
  await play.office((office) => addCrowd(office, list, MEMBERS - 1));
  const many = await play.createList("many@lists.test");
  await play.join(many, alice);
  await play.office((office) => addCrowd(office, many, MANY_MEMBERS - 1));
  const server = await ServerProcess.start(program, {
    folder: play.folder.path,
    place: play.place,
    relayPort: play.sink.port,
    lanes: 8,
  });
  try {
    const post = async (text: string, to = list, members = MEMBERS) => {
      const { raw } = await seal(to, alice, { text });
      const reached = play.sink.caught.length + members;
      await submit(server.port, {
        sender: alice.address,
        recipient: to.address,
        raw,
        declaresSize: true,
      });
      await play.sink.until(({ caught }) => caught.length === reached);
      return raw.length;
    };
    // what the first post of all takes has nothing to do with its size
    await post("warm");
    const before = peakOf(server.child.pid);
    const size = await post(randomBytes(TEXT_BYTES / 2).toString("hex"));
    expect((peakOf(server.child.pid) - before) / size).toBeLessThan(MAX_TIMES);
    const peak = peakOf(server.child.pid);
    await post(randomBytes(MANY_TEXT_BYTES / 2).toString("hex"), many, MANY_MEMBERS);
    expect(peakOf(server.child.pid) - peak).toBeLessThan(MAX_MORE);
  } finally {
    await server.kill();
    await play.discard();
    await program.discard();
  }
}, 180_000);
