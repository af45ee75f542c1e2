import { indexedDbStore } from "../../mail-index/block-store.js";
import type { BlockHandlers } from "../calls/block-calls.js";

/** The blocks of the mail index, kept by the background for our frames in pages of the web. */
const store = indexedDbStore();

export const blockHandlers: BlockHandlers = {
  "blocks:key": async ({ index }) => (await store.readKey(index)) ?? null,

  async "blocks:begin"({ index, sealedKey }) {
    await store.begin(index, sealedKey);
    return null;
  },

  "blocks:read-all": async ({ index, part }) => [...(await store.readAll(index, part))],
  "blocks:read": async ({ index, part, number }) => (await store.read(index, part, number)) ?? null,

  async "blocks:write"({ index, changes }) {
    await store.write(index, changes);
    return null;
  },

  async "blocks:remove"({ index }) {
    await store.remove(index);
    return null;
  },

  "blocks:indexes": () => store.indexes(),
};
