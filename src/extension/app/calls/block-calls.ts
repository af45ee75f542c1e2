import {
  type Check,
  CheckError,
  count,
  listOf,
  nothing,
  object,
  oneOf,
  orNull,
  text,
} from "../../../membership/file/check.js";
import { blockParts } from "../../mail-index/sealed-block.js";
import { call, type HandlersOf } from "../../platform/rpc/call.js";

/**
 * What our frames in pages of the web ask of a browser's background: to read and write blocks of the mail index. All of them are
 * encrypted; the keys stay in the frame.
 */

/** Octets of a block that is written. Attack: a page that has taken over a frame fills the disk at one go. */
const BLOCK_OCTETS = 64_000_000;

const octets: Check<Uint8Array> = (value) => {
  if (!(value instanceof Uint8Array) || value.length > BLOCK_OCTETS) throw new CheckError("bytes");
  return value;
};

const part = oneOf(...blockParts);

export const blockCalls = {
  /** Null: there is no such index. */
  "blocks:key": call(object({ index: text })).gives<Uint8Array | null>(),
  "blocks:begin": call(object({ index: text, sealedKey: octets })).gives<null>(),
  "blocks:read-all": call(object({ index: text, part })).gives<readonly (readonly [number, Uint8Array])[]>(),
  "blocks:read": call(object({ index: text, part, number: count })).gives<Uint8Array | null>(),
  "blocks:write": call(
    object({ index: text, changes: listOf(object({ part, number: count, bytes: orNull(octets) })) }),
  ).gives<null>(),
  "blocks:remove": call(object({ index: text })).gives<null>(),
  "blocks:indexes": call(nothing).gives<readonly string[]>(),
};

/** What the background answers. */
export type BlockHandlers = HandlersOf<typeof blockCalls>;
