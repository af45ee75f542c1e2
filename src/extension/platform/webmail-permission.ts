import { browser } from "./browser.js";
import { patternOf } from "./webmail-sites.js";

/** The pages' part of allowing a webmail: the browser's own question, and its own record of the answer. */

/** The webmails that are allowed now, as patterns. */
export async function allowedSites(): Promise<readonly string[]> {
  const { origins = [] } = await browser.permissions.getAll();
  return origins.filter((origin) => patternOf(origin) === origin).sort();
}

/** What comes of asking. `no-address`: what was typed is none. */
export type Allowed = "allowed" | "refused" | "no-address";

/**
 * Asks for one webmail. Call it in the handler of a press, as its first step: the browser asks a person who has just
 * pressed, and nobody else.
 */
export async function allowSite(address: string): Promise<Allowed> {
  const pattern = patternOf(address);
  if (pattern === undefined) return "no-address";
  return (await browser.permissions.request({ origins: [pattern] })) ? "allowed" : "refused";
}

/** Takes the right back; the background takes our script out of the site's pages. */
export async function forbidSite(pattern: string): Promise<void> {
  await browser.permissions.remove({ origins: [pattern] });
}
