import { pause, until } from "../world/processes.js";
import type { Mark } from "../world/recorder.js";
import { addressOf, type PersonName, type World } from "../world/world.js";
import { type ListPlan, listAddress } from "./owner.js";
import type { Person } from "./person.js";
import { differences, everythingOf } from "./profile-bytes.js";

/** How long the wires are watched before and after the removal, in milliseconds. */
const WATCH = 3_000;

/** What the removal of a member changed for those who stay. */
export interface RemovalStory {
  readonly stayed: readonly {
    readonly name: PersonName;
    readonly hashBefore: string;
    readonly hashAfter: string;
    /** Files of their Thunderbird's profile that differ, and the add-on's storage. */
    readonly changed: readonly string[];
    /** Bytes that came to them or left them, on all of their wires. */
    readonly bytesOnTheirWires: number;
  }[];
  /** Bytes on all wires of the world. */
  readonly bytesAnywhere: number;
  /** What the operator's command said. */
  readonly said: readonly string[];
  /** The moment from which on Eve listens. */
  readonly mark: Mark;
}

/** Waits until no wire has carried a byte for a while: what comes afterwards has another cause. */
export async function untilQuiet(world: World): Promise<void> {
  await until("quiet wires", async () => {
    const mark = world.recorder.mark();
    await pause(WATCH);
    return world.recorder.since(mark).length === 0 ? true : undefined;
  });
}

/** Removes a person from every list by the operator's command, and looks what that changed for those who stay. */
export async function remove(
  world: World,
  leaving: PersonName,
  staying: readonly Person[],
  lists: readonly ListPlan[],
): Promise<RemovalStory> {
  await untilQuiet(world);
  const hashes = () => Promise.all(staying.map(({ addon }) => addon.storageHash()));
  const everything = () => Promise.all(staying.map(everythingOf));
  const before = { hashes: await hashes(), everything: await everything() };
  const mark = world.recorder.mark();
  const said: string[] = [];
  for (const plan of lists) {
    const { stdout } = await world.listServer.removeMember(listAddress(plan), addressOf(leaving));
    said.push(stdout.trim());
  }
  await pause(WATCH);
  const since = world.recorder.since(mark);
  const bytes = (of: (wire: string) => boolean) =>
    since.reduce((sum, { recording, bytes: all }) => (of(recording.wire) ? sum + all.length : sum), 0);
  const after = { everything: await everything(), hashes: await hashes() };
  return {
    stayed: staying.map(({ name }, index) => ({
      name,
      hashBefore: before.hashes[index] ?? "none",
      hashAfter: after.hashes[index] ?? "missing",
      changed: differences(before.everything[index] ?? {}, after.everything[index] ?? {}),
      bytesOnTheirWires: bytes((wire) => wire.startsWith(`${name}-`)),
    })),
    bytesAnywhere: bytes(() => true),
    said,
    mark,
  };
}
