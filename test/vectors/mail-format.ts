/**
 * A vector that is a mail, or a letter, as two files: `NAME.eml` with its very octets, `NAME.txt` with what is to come of it, one
 * `name: value` a line.
 */

/** What a file says, by the names in it. */
export type Facts = Readonly<Record<string, string>>;

export const readFacts = (text: string): Facts =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1).trim()];
      }),
  );

export const writeFacts = (facts: Facts): string =>
  Object.entries(facts)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");

/** What a file says of how it is opened, and not of what comes of it. */
export const given: readonly string[] = ["comment", "role", "profile", "shared", "keys", "from"];

/** What is to come of it. */
export const expectedFacts = (facts: Facts): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !given.includes(name)));
