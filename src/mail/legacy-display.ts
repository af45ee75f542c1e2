/**
 * Legacy Display elements (RFC 9788, 2.1.2): copies of protected header fields at the top of a body, for mail programs
 * that decrypt but know nothing of protected header fields. A program that does know them must not show them twice.
 *
 * We write none (nothing opens both seals without knowing protected header fields); other writers' payloads may have them.
 */

/** The attribute of a body part that has such an element. */
const marked = /^content-type:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*;\s*hp-legacy-display="?1"?/im;

/** Against looking for the mark through megabytes of attachments: bodies stand first. */
const LOOK_AT_OCTETS = 64 * 1024;

/** Whether a body part near the beginning of the payload says that it has a Legacy Display element. */
export function hasLegacyDisplay(payload: Uint8Array): boolean {
  return marked.test(new TextDecoder("latin1").decode(payload.subarray(0, LOOK_AT_OCTETS)));
}

/** A plain text without its leading block of header fields, up to and with the empty line after it. */
export function withoutLegacyText(text: string): string {
  const element = /^(?:[!-9;-~]+: ?[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+\r?\n/.exec(text);
  return element === null ? text : text.slice(element[0].length);
}

/** An HTML body without the `div` that holds the copies (RFC 9788, 2.1.2.2). */
export function withoutLegacyHtml(html: string): string {
  return html.replace(/<div class="header-protection-legacy-display">[\s\S]*?<\/div>/i, "");
}
