import { labelOf, partTypes } from "../../mail/part-types.js";
import type { MessagePart } from "../thunderbird.js";

/**
 * Where the sealed parts of a received mail stand.
 *
 * Attack (EFAIL and its kin): a stranger takes sealed parts out of a captured mail and puts them into a mail of their
 * own, beside other text, nested, or attached. If that opened by itself, the opened words would appear under the
 * stranger's name and their text under the list's. So only the two shapes that the list server and the composer
 * make open by themselves; a sealed part anywhere else is `elsewhere`.
 */
export type Shape =
  | { readonly kind: "none" }
  | { readonly kind: "own-shell" | "elsewhere"; readonly parts: readonly SealedPart[] };

/** One sealed part, as `messages.getAttachmentFile` finds it. */
export interface SealedPart {
  readonly partName: string;
  readonly type: SealedType;
}

const sealedTypes = Object.values(partTypes);
export type SealedType = (typeof sealedTypes)[number];

/** Stops a mail of very many parts: no real one comes near. */
const PART_LIMIT = 500;
const DEPTH_LIMIT = 30;

function typeOf(part: MessagePart): string {
  return (part.contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function sealedTypeOf(part: MessagePart): SealedType | undefined {
  const { type } = labelOf({ type: part.contentType ?? "", name: part.name });
  return sealedTypes.find((sealed) => sealed === type);
}

function sealedPart(part: MessagePart): SealedPart | undefined {
  const type = sealedTypeOf(part);
  return type === undefined || part.partName === undefined ? undefined : { partName: part.partName, type };
}

/** One complete sealed message: key and body, or message; with or without the list's detached signature. */
function isComplete(types: readonly SealedType[]): boolean {
  const sorted = types.filter((type) => type !== partTypes.through).toSorted();
  const signatures = types.length - sorted.length;
  const known = sorted.join(" ");
  const one = known === `${partTypes.body} ${partTypes.key}` || known === partTypes.message;
  return one && signatures <= 1;
}

function sealedOnly(parts: readonly MessagePart[]): readonly SealedPart[] | undefined {
  const sealed = parts.map(sealedPart).filter((part) => part !== undefined);
  return sealed.length === parts.length && isComplete(sealed.map(({ type }) => type)) ? sealed : undefined;
}

/** The sealed parts if the mail is exactly in one of the two shapes. */
function ownShell(root: MessagePart): readonly SealedPart[] | undefined {
  const top = typeOf(root) === "message/rfc822" ? root.parts : [root];
  const [only, more] = top ?? [];
  if (only === undefined || more !== undefined) return undefined;
  const parts = only.parts ?? [];
  if (typeOf(only) === "multipart/encrypted") return sealedOnly(parts);
  if (typeOf(only) !== "multipart/mixed") return undefined;
  const [notice, ...sealed] = parts;
  const isNotice =
    notice !== undefined && typeOf(notice) === "text/plain" && (notice.parts ?? []).length === 0;
  return isNotice ? sealedOnly(sealed) : undefined;
}

function allParts(root: MessagePart): readonly MessagePart[] {
  const found: MessagePart[] = [];
  const walk = (part: MessagePart, depth: number) => {
    if (found.length >= PART_LIMIT || depth > DEPTH_LIMIT) return;
    found.push(part);
    for (const child of part.parts ?? []) walk(child, depth + 1);
  };
  walk(root, 0);
  return found;
}

/** Finds the sealed parts of a mail by its MIME tree alone: nothing is decoded, nothing of its text is looked at. */
export function shapeOf(root: MessagePart): Shape {
  const own = ownShell(root);
  if (own !== undefined) return { kind: "own-shell", parts: own };
  const sealed = allParts(root)
    .map(sealedPart)
    .filter((part) => part !== undefined);
  return sealed.length === 0 ? { kind: "none" } : { kind: "elsewhere", parts: sealed };
}
