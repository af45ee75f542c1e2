import { parseMailboxList } from "./mailbox.js";
import { COPY_FIELD, labelOf, partTypes, privateType, requestTypes, ridingType } from "./part-types.js";
import type { RequestMailKind } from "./request-mail.js";

/** What a mail says of itself beside its sealed post: told by its tree alone, nothing is decoded. */

/** The tree of a mail as `mime-tree.ts` makes it, and Thunderbird's `messages.getFull`. */
export interface PartTree {
  readonly contentType?: string;
  readonly partName?: string;
  readonly name?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly parts?: readonly PartTree[];
}

/** The kinds of sealed mail that are not asked for, but come. */
export type IncomingKind = Exclude<RequestMailKind, "request">;
export const incomingKinds = ["answer", "notice", "receipt"] as const satisfies readonly IncomingKind[];

/** What the one part of such a mail was taken for. */
export interface IncomingPart {
  readonly kind: IncomingKind;
  /** Its file name alone says so. */
  readonly byName: boolean;
}

/** Parts of a mail that are looked at; an honest one has three. Attack: a mail of very many parts. */
const PART_LIMIT = 50;

/** The same for sealed parts: nobody is to hide one behind many. */
const SEALED_PART_LIMIT = 500;

/** The parts of a mail in their order, a part before those within it; no more than `limit`. */
function firstParts(root: PartTree, limit = PART_LIMIT): readonly PartTree[] {
  const found: PartTree[] = [];
  const walk = (part: PartTree): void => {
    if (found.length >= limit) return;
    found.push(part);
    for (const child of part.parts ?? []) walk(child);
  };
  walk(root);
  return found;
}

/** The one part of a letter past the list; undefined where there is none, or more than one. */
export function privateLetterPart(root: PartTree): { readonly partName: string } | undefined {
  const found = firstParts(root).filter(
    ({ contentType = "", name }) => labelOf({ type: contentType, name }).type === privateType,
  );
  const [only] = found;
  return found.length === 1 && only?.partName !== undefined ? { partName: only.partName } : undefined;
}

const sealedTypes = Object.values(partTypes);

/** One sealed part of a foreign shell. */
export interface SealedPart {
  readonly partName: string;
  readonly type: (typeof sealedTypes)[number];
}

/** The sealed parts of a mail that is not in its own shell, wherever they are: opened if a person asks for it. */
export function sealedParts(root: PartTree): readonly SealedPart[] {
  return firstParts(root, SEALED_PART_LIMIT).flatMap(({ contentType = "", name, partName }) => {
    const { type } = labelOf({ type: contentType, name });
    const known = sealedTypes.find((sealed) => sealed === type);
    return known === undefined || partName === undefined ? [] : [{ partName, type: known }];
  });
}

/** The one part of a mail that is an answer, notice or receipt; undefined if there is none, or several. */
export function incomingPart(root: PartTree): (IncomingPart & { readonly partName: string }) | undefined {
  const [only, more] = firstParts(root).flatMap(({ contentType = "", name, partName }) => {
    const { type, byName } = labelOf({ type: contentType, name });
    const kind = incomingKinds.find((each) => requestTypes[each] === type);
    return kind === undefined || partName === undefined ? [] : [{ kind, partName, byName }];
  });
  return more === undefined ? only : undefined;
}

/** The one part of a mail that is an owner's notice beside a post; undefined if there is none, or several. */
export function ridingPart(root: PartTree): { readonly partName: string } | undefined {
  const [only, more] = firstParts(root).flatMap(({ contentType = "", name, partName }) =>
    labelOf({ type: contentType, name }).type === ridingType && partName !== undefined ? [{ partName }] : [],
  );
  return more === undefined ? only : undefined;
}

/** The one attachment of a mail that is named as an invitation; undefined if there is none, or several. */
export function invitationPart(root: PartTree): { readonly partName: string } | undefined {
  const [only, more] = firstParts(root).flatMap(({ name = "", partName }) =>
    partName !== undefined && isInvitationName(name) ? [{ partName }] : [],
  );
  return more === undefined ? only : undefined;
}

/** Whether a file is named as an invitation. */
export function isInvitationName(name: string): boolean {
  return name.toLowerCase().endsWith(".listseal");
}

/** Which list's mail this says to be a readable copy of. A claim: it makes an answer safer, and nothing else. */
export function copiedFrom(tree: PartTree): string | undefined {
  return tree.headers?.[COPY_FIELD.toLowerCase()]?.[0]?.trim();
}

/** Header fields that say which list a mail belongs to: To of a submission, the list's own fields of a copy. */
const listFields = ["list-post", "reply-to", "to", "cc"];

/** The addresses that a mail's header names, the list's own fields first. Claims, good for choosing what to try. */
export function addressesIn(tree: PartTree): readonly string[] {
  const root =
    tree.headers?.["list-post"] === undefined && tree.headers?.["to"] === undefined ? tree.parts?.[0] : tree;
  return listFields
    .flatMap((field) => root?.headers?.[field] ?? [])
    .flatMap((value) => {
      try {
        return parseMailboxList(value.replace(/<mailto:/g, "<")).map(({ address }) => address);
      } catch {
        return [];
      }
    });
}
