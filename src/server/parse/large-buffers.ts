/** Which buffers are handed over between threads, and not copied. */

/** Below this a copy costs less than the care of it. */
const LARGE = 64 * 1024;

/** The large buffers that the octets in a plain value stand in, each once. Whoever hands them over has them no longer. */
export function largeBuffers(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const walk = (part: unknown): void => {
    if (part instanceof Uint8Array) {
      const { buffer } = part;
      // a view of a small part would take all of it along
      if (buffer instanceof ArrayBuffer && part.length >= LARGE) found.add(buffer);
    } else if (typeof part === "object" && part !== null) {
      for (const inner of Object.values(part)) walk(inner);
    }
  };
  walk(value);
  return [...found];
}

/** How many octets those buffers have. */
export const octetsOfAll = (value: unknown): number =>
  largeBuffers(value).reduce((sum, { byteLength }) => sum + byteLength, 0);
