/** The `mailto:` address of a mail without attachments (RFC 6068). */
export function mailAddress(to: string, subject: string, text: string): string {
  const fields = [
    ["subject", subject],
    ["body", text.replace(/\r?\n/g, "\r\n")],
  ];
  const query = fields.map(([name, value = ""]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return `mailto:${encodeURIComponent(to).replace(/%40/g, "@")}?${query}`;
}
