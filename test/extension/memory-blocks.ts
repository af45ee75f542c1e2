/** A place for sealed blocks in memory: Node has no IndexedDB. The real one is tried in Thunderbird (test/e2e/lists-space.test.ts). */
import type { BlockStore } from "../../src/extension/mail-index/block-store.js";

/** The blocks are seen and changed by name: `index/part/number`. */
export interface MemoryBlocks extends BlockStore {
  readonly blocks: Map<string, Uint8Array>;
  readonly keys: Map<string, Uint8Array>;
  /** Has every writing fail, as on a full disk. */
  failure: Error | undefined;
}

export function memoryBlocks(): MemoryBlocks {
  const blocks = new Map<string, Uint8Array>();
  const keys = new Map<string, Uint8Array>();
  const clear = (index: string) => {
    for (const name of [...blocks.keys()]) if (name.startsWith(`${index}/`)) blocks.delete(name);
  };
  const made: MemoryBlocks = {
    blocks,
    keys,
    failure: undefined,
    readKey: async (index) => keys.get(index),
    async begin(index, sealedKey) {
      clear(index);
      keys.set(index, sealedKey);
    },
    readAll: async (index, part) =>
      new Map(
        [...blocks]
          .filter(([name]) => name.startsWith(`${index}/${part}/`))
          .map(([name, bytes]) => [Number(name.split("/").at(-1)), bytes]),
      ),
    read: async (index, part, number) => blocks.get(`${index}/${part}/${number}`),
    async write(index, changes) {
      if (made.failure !== undefined) throw made.failure;
      for (const { part, number, bytes } of changes) {
        const name = `${index}/${part}/${number}`;
        if (bytes === null) blocks.delete(name);
        else blocks.set(name, bytes);
      }
    },
    async remove(index) {
      clear(index);
      keys.delete(index);
    },
    indexes: async () => [...keys.keys()],
  };
  return made;
}
