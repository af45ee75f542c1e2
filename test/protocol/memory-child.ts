/**
 * One step of a large post, alone in its process: `memory-child.ts open|seal FILE`, where FILE holds a {@link Load}.
 * Prints by how many bytes the resident memory grew at its peak, input not counted.
 */
import { readFileSync } from "node:fs";
import { deserialize } from "node:v8";
import type { Profile } from "../../src/openpgp/profiles.js";
import {
  type OpeningKey,
  openPost,
  type Role,
  readOpeningKey,
  type SealedMessage,
} from "../../src/protocol/index.js";
import { aliceSeals, type Cast, keysOf, saysAlice } from "./people.js";

/** What the parent writes for its child. */
export interface Load {
  readonly profile: Profile;
  readonly address: string;
  readonly keys: Readonly<Record<"listKey" | "serverKey" | "alice" | "bob", Uint8Array>>;
  /** The large input: to be opened by Bob, or to be sealed by Alice. */
  readonly large: SealedMessage | Uint8Array;
  /** A small one of the same kind, to load and compile everything first. */
  readonly small: SealedMessage | Uint8Array;
}

function isLoad(value: unknown): value is Load {
  return typeof value === "object" && value !== null && "keys" in value && "large" in value;
}

/**
 * The highest resident size of this program, in bytes. QUIRK: `resourceUsage().maxRSS` begins with the size of the process
 * that started this one (Linux keeps the mark over exec): under Jest, 300 MB more.
 */
function peak(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error("no VmHWM");
  return Number(kilobytes) * 1024;
}

async function main(file: string): Promise<void> {
  const load: unknown = deserialize(readFileSync(file));
  if (!isLoad(load)) throw new Error("not a load");
  const key = <R extends Role>(role: R, bytes: Uint8Array): Promise<OpeningKey<R>> =>
    readOpeningKey(role, bytes);
  const { keys } = load;
  const bob = await key("member", keys.bob);
  const cast: Cast = {
    address: load.address,
    profile: load.profile,
    listKey: await key("list", keys.listKey),
    serverKey: await key("server", keys.serverKey),
    alice: await key("member", keys.alice),
    bob,
    eve: bob,
  };
  const step = async (input: SealedMessage | Uint8Array): Promise<void> => {
    if (input instanceof Uint8Array) {
      await aliceSeals(cast, "key", input);
      return;
    }
    const opened = await openPost(input, keysOf(cast, bob), saysAlice(cast));
    if (opened.kind !== "opened") throw new Error("not opened");
  };
  for (let i = 0; i < 3; i++) await step(load.small);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  await step(load.large);
  console.log(peak() - before);
}

await main(process.argv[2] ?? "");
