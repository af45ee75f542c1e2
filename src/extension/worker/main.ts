import { outcomeOf } from "../platform/rpc/outcome.js";
import {
  type JobAnswer,
  type JobInput,
  type JobMessage,
  type JobName,
  type JobOutput,
  jobs,
} from "./table.js";

/**
 * The worker: does one job of the table a message, and answers with its outcome. It reads no storage and has no browser API.
 */
const table: { readonly [K in JobName]: (input: JobInput<K>) => Promise<JobOutput<K>> } = jobs;

function run<K extends JobName>(name: K, input: JobInput<K>): Promise<JobOutput<K>> {
  return table[name](input);
}

/** The buffers of an answer, to be moved instead of copied: attachments can be 25 MB. */
function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (value instanceof Uint8Array) {
    // a view on nearly all of its buffer too: as a copy, it would take the whole buffer along anyway
    if (value.buffer instanceof ArrayBuffer && value.byteLength > 0.9 * value.buffer.byteLength)
      found.add(value.buffer);
  } else if (Array.isArray(value)) {
    for (const item of value) buffersIn(item, found);
  } else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) buffersIn(item, found);
  }
  return found;
}

self.addEventListener("message", async ({ data }: MessageEvent<JobMessage>) => {
  const { id, name, input } = data;
  const outcome = await outcomeOf<unknown>(() => run(name, input), "worker-failed");
  const answer: JobAnswer = { id, outcome };
  self.postMessage(answer, { transfer: [...buffersIn(answer)] });
});
