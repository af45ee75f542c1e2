/**
 * A shell judged by the tree of its parts, as one reader sees it: what the real thing did until it was attacked. Any text may
 * stand where the notice does, any type of the kind application/ or none at all counts as what its name says.
 */
import { type MimePart, readMimeTree } from "../../../src/mail/mime-tree.js";
import { namedType, partTypes } from "../../../src/mail/part-types.js";

const sealed: readonly string[] = Object.values(partTypes);

/** A part with two types has none; whatever else is doubled, the first or the last counts. */
function typeOf({ headers }: MimePart): string {
  const [said = "", another] = headers["content-type"] ?? [];
  return another === undefined ? (said.split(";", 1)[0] ?? "").trim().toLowerCase() : "";
}

function sealedTypeOf(part: MimePart): string | undefined {
  const [contentType, { name }] = [typeOf(part), part];
  if (sealed.includes(contentType)) return contentType;
  return contentType === "" || contentType.startsWith("application/") ? namedType(name) : undefined;
}

/** Whether the tree is the notice and one complete message. */
export async function isOwnByTree(raw: Uint8Array): Promise<boolean> {
  const root = await readMimeTree(raw);
  const [first] = root.parts;
  if (root.contentType === "multipart/mixed" && (first === undefined || typeOf(first) !== "text/plain"))
    return false;
  const parts = root.contentType === "multipart/mixed" ? root.parts.slice(1) : root.parts;
  const types = parts.map(sealedTypeOf);
  const messages = types.filter((type) => type !== partTypes.through);
  return messages.toSorted().join(" ") === `${partTypes.body} ${partTypes.key}` && types.length <= 3;
}
