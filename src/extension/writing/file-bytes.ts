import type { ComposerFile } from "./letter.js";

/** Reads a file whole. */
export async function bytesOf(file: File): Promise<ComposerFile> {
  return { name: file.name, type: file.type, bytes: new Uint8Array(await file.arrayBuffer()) };
}
