/**
 * The worker's code in this process: its jobs are the real ones, behind the real client. Messages are cloned on their way,
 * as between two threads.
 */
import { HOST_BASE } from "./fake-host.js";

class NearWorker extends EventTarget {
  postMessage(data: unknown): void {
    toWorker.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
  }
  terminate(): void {}
}
const toWorker = new EventTarget();
const workers: NearWorker[] = [];

/** Puts it in the place of the host's `Worker`. Call it once, before the first job. */
export async function startNearWorker(): Promise<void> {
  Object.assign(globalThis, {
    location: { href: HOST_BASE },
    self: {
      addEventListener: toWorker.addEventListener.bind(toWorker),
      postMessage: (data: unknown) => workers.at(-1)?.dispatchEvent(new MessageEvent("message", { data })),
    },
    Worker: class extends NearWorker {
      constructor() {
        super();
        workers.push(this);
      }
    },
  });
  await import("../../src/extension/worker/main.js");
}
