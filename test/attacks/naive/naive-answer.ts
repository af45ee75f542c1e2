import type { MessageReading } from "../../../src/extension/reading/read-message.js";

/**
 * An answer's composer that goes by how far the reading of the other mail got: what was opened is quoted and sealed, everything
 * else is an ordinary mail to it, and Thunderbird's own quote of what is selected on the screen stays.
 */
export function mayLeaveReadable(reading: MessageReading): boolean {
  return reading.kind !== "opened";
}
