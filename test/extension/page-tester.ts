import axe from "axe-core";
import type { Call } from "../../src/extension/app/calls/page-calls.js";

/** What the tests of pages share: a background page that answers as it is told, and waiting until a page is drawn. */

/**
 * The answers of a background page, by the name of the call, and what it was asked. An Error is thrown; a function is given what was
 * asked.
 */
export function background(answers: Record<string, unknown>) {
  const asked: (readonly [string, unknown])[] = [];
  const answer = async (name: string, input: unknown): Promise<unknown> => {
    asked.push([name, input]);
    const found = answers[name];
    const value: unknown = typeof found === "function" ? await found(input) : found;
    if (value instanceof Error) throw value;
    // what crosses to a page is a copy, another one each time
    return structuredClone(value ?? null);
  };
  const isCall = (value: unknown): value is Call => typeof value === "function";
  if (!isCall(answer)) throw new Error("not a call");
  return { call: answer, asked };
}

/** Waits until the page has nothing left to draw or to ask: it is the same three looks in a row. */
export async function settle(): Promise<void> {
  let same = 0;
  let before = "";
  while (same < 3) {
    // Preact draws after a frame, and jsdom has none: then after its own time-out
    await new Promise((resolve) => setTimeout(resolve, 60));
    const look = document.body.innerHTML;
    same = look === before ? same + 1 : 0;
    before = look;
  }
}

/** What axe finds. Colours and drawn names are looked at in a real Thunderbird: jsdom draws nothing. */
export async function complaints(): Promise<readonly string[]> {
  const { violations } = await axe.run(document, {
    rules: { "color-contrast": { enabled: false }, "label-content-name-mismatch": { enabled: false } },
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
