import type { Outgoing, SealedFile } from "../../calls/webmail-calls.js";
import { find } from "./page.js";
import { type Part, selectors } from "./selectors.js";

/** Roundcube's form for writing, filled in as a person would: its own program sees every change. */

/** An upload of 25 MB on a slow line. */
const UPLOAD_MS = 300_000;
const LOOK_MS = 200;

function fieldOf(part: Part): HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | undefined {
  const found = find(part);
  const isField =
    found instanceof HTMLInputElement ||
    found instanceof HTMLTextAreaElement ||
    found instanceof HTMLSelectElement;
  return isField ? found : undefined;
}

function set(part: Part, value: string): void {
  const field = fieldOf(part);
  if (field === undefined) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Everything in To, as addresses. */
export function recipients(): readonly string[] {
  return (fieldOf("to")?.value ?? "").match(/[^\s<>,;"]+@[^\s<>,;"]+/g) ?? [];
}

/** How many attachments of each name are there and have arrived. */
function arrived(names: readonly string[]): boolean {
  const items = [...document.querySelectorAll(selectors.attachments)].filter(
    ({ classList }) => !classList.contains("uploading") && !classList.contains("error"),
  );
  const shown = items.map((item) => item.querySelector(selectors.attachmentName)?.textContent?.trim());
  return names.every((name) => shown.includes(name));
}

/**
 * Puts files on Roundcube's own upload field and waits until its list shows them all.
 * @returns whether they have arrived
 */
export async function attach(files: readonly SealedFile[]): Promise<boolean> {
  const field = find("upload");
  if (!(field instanceof HTMLInputElement)) return false;
  const list = new DataTransfer();
  for (const { name, type, bytes } of files) list.items.add(new File([bytes], name, { type }));
  field.files = list.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  const end = Date.now() + UPLOAD_MS;
  const names = files.map(({ name }) => name);
  while (!arrived(names)) {
    if (Date.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

/** Fills in what is outside the seals. Cc and Bcc are emptied: the seals are the list's alone. */
export function put({ to, from, subject, notice }: Outgoing): void {
  set("to", to);
  for (const other of ["cc", "bcc"] as const) if (fieldOf(other)?.value) set(other, "");
  set("subject", subject);
  set("body", notice);
  putHtml(notice);
  const identity = fieldOf("from");
  if (identity instanceof HTMLSelectElement) {
    const option = [...identity.options].find(({ text }) => text.toLowerCase().includes(from.toLowerCase()));
    if (option !== undefined && option.value !== identity.value) set("from", option.value);
  }
}

/** The same words where the person writes HTML: Roundcube takes the text from its editor's frame then. */
function putHtml(notice: string): void {
  const frame = find("htmlBody");
  const body = frame instanceof HTMLIFrameElement ? frame.contentDocument?.body : undefined;
  if (body === undefined || body === null) return;
  const pre = document.createElement("pre");
  pre.textContent = notice;
  body.replaceChildren(pre);
}
