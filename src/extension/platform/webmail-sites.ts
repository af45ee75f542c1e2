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
