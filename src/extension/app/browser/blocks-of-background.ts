import type { BlockStore } from "../../mail-index/block-store.js";
import { askBackground } from "../../platform/rpc/messages.js";
import type { blockCalls } from "../calls/block-calls.js";

/**
 * The blocks of the mail index for a frame of ours inside a page of the web.
 *
 * Browsers keep what such a frame stores apart by the page around it, or let it store nothing, as they do with its locks
 * (`platform/locks.ts`). So the background reads and writes for it, whatever the browser.
 */
export function blocksOfBackground(): BlockStore {
  const ask = askBackground<typeof blockCalls>();
  return {
    readKey: async (index) => (await ask("blocks:key", { index })) ?? undefined,
    async begin(index, sealedKey) {
      await ask("blocks:begin", { index, sealedKey });
    },
    readAll: async (index, part) => new Map(await ask("blocks:read-all", { index, part })),
    read: async (index, part, number) => (await ask("blocks:read", { index, part, number })) ?? undefined,
    async write(index, changes) {
      await ask("blocks:write", { index, changes });
    },
    async remove(index) {
      await ask("blocks:remove", { index });
    },
    indexes: () => ask("blocks:indexes", null),
  };
}
