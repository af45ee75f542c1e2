/** Plain text as it is written into HTML, so that nothing in it is taken for a tag. */
export function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
