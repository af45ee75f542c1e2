/**
 * Collects what a large mail leaves behind, at once.
 *
 * QUIRK: V8 doesn't see how much memory is behind small objects (buffers of sockets and of OpenSSL, decoded parts) until
 * 64 MB of it are dead. For an honest mail of 10 MB that is six times the mail; several at a time would take a small machine's
 * memory. Seen in Node 20.
 *
 * What it buys: peaks of 6.3 (5 MB) to 3.2 times the mail (46 MB), where spooling it to disk as it comes has 8.5 to 3.3, and neither
 * has 9.6 to 3.4; it costs a tenth of the time (bench/README.md, "Memory").
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Mails below this leave too little behind for a collection, which stops the process for 20 to 40 ms. */
const LARGE_OCTETS = 4 * 1024 * 1024;

/** What {@link BufferCollector} lets pile up. */
const TURN_OCTETS = 8 * 1024 * 1024;

/** All of the heap, or what was made last and is dead already: 1 to 3 ms. */
type Share = "major" | "minor";

let collector: ((share: Share) => void) | undefined;

/**
 * Node gives out its collector only where it was started with a flag; who starts this program can't be told.
 *
 * QUIRK: given anything but `{ type: "minor" }` as an option, V8 11 takes it for a wish for a minor collection too.
 */
function findCollector(): (share: Share) => void {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  return typeof found === "function"
    ? (share) => (share === "major" ? found() : found({ type: "minor" }))
    : () => undefined;
}

function collect(share: Share): void {
  collector ??= findCollector();
  collector(share);
}

/** To be called when work on `octets` octets is done and nothing refers to them any more. */
export function collectAfter(octets: number): void {
  if (octets >= LARGE_OCTETS) collect("major");
}

/**
 * The same for octets that came from another thread and were looked at no further: they are young, and a minor collection, which
 * nobody notices, takes them.
 */
export function collectYoungAfter(octets: number): void {
  if (octets >= LARGE_OCTETS) collect("minor");
}

/** Counts buffers that die as soon as they are used, within one piece of work, and collects them now and then. */
export class BufferCollector {
  #octets = 0;

  add(octets: number): void {
    this.#octets += octets;
    if (this.#octets < TURN_OCTETS) return;
    this.#octets = 0;
    collect("minor");
  }
}
