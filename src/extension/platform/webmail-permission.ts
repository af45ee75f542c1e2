import { browser } from "./browser.js";

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

/**
 * The webmails that the person lets ListSeal into, one by one, as match patterns such as `https://mail.example.org/*`. Which
 * they are, the browser's own record of granted rights says, and nothing else.
 */

/**
 * The match pattern of the webmail at an address, or undefined if no webmail can be there. Patterns have no port: a right
 * for one port of a host is a right for all. Pure.
 * @param address what a person typed or a tab shows: "mail.example.org", "https://mail.example.org/roundcube/?_task=mail"
 */
export function patternOf(address: string): string | undefined {
  const url = urlOf(address.trim());
  if (url === undefined || url.hostname === "") return undefined;
  return url.protocol === "https:" || url.protocol === "http:"
    ? `${url.protocol}//${url.hostname}/*`
    : undefined;
}

function urlOf(address: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`;
  return URL.canParse(whole) ? new URL(whole) : undefined;
}
