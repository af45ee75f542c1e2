/** What every browser has and jsdom has not. */
import { TextDecoder, TextEncoder } from "node:util";
import { deserialize, serialize } from "node:v8";

Object.assign(globalThis, { TextDecoder, TextEncoder });
globalThis.structuredClone ??= (value) => deserialize(serialize(value));
