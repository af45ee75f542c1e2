import {
  addressesIn,
  copiedFrom,
  incomingPart,
  invitationPart,
  privateLetterPart,
  ridingPart,
  sealedParts,
} from "../../mail/found-parts.js";
import { sealHeader } from "../../mail/list-headers.js";
import { partsBelow, readMimeTree } from "../../mail/mime-tree.js";
import { outerHeaderOf } from "../../mail/outer-header.js";
import { readOwnShell } from "../../mail/own-shell.js";
import { fromParts, type MailPart, withSealFields } from "../../mail/sealed-mail.js";
import { ProtocolError } from "../../openpgp/errors.js";
import type { MailRead } from "./jobs.js";

/**
 * Reads a mail as it came, in a browser and in Thunderbird: says whether it is in one of our own shells, octet by octet, and finds
 * its sealed parts if it is not. Nothing is opened. `raw` as a text: one character a byte.
 *
 * Attack: a mail that two readers see differently (two Content-Types, a boundary that only one of them finds), made so that one
 * sees nothing but our own shell and the other a stranger's words or another's parts beside it. So in our own shell nothing is
 * left to see (mail/own-shell.ts), and in any other mail a part that says two things of itself is no part of ours.
 * @throws ListSealError `damaged`, `too-large` for what is no readable mail; `unsupported-version` for a later version's, and
 *         `damaged` for one whose seal field does not fit its parts
 */
export async function readMail({ raw }: { readonly raw: Uint8Array | string }): Promise<MailRead> {
  const octets = typeof raw === "string" ? octetsOfBinary(raw) : raw;
  const own = readOwnShell(octets);
  if (own !== undefined) {
    assertSealFields(own.parts, own.headers);
    return {
      kind: "sealed",
      parts: own.parts,
      ...(own.riding === undefined ? {} : { riding: own.riding }),
      named: addressesIn({ headers: own.headers }),
      shell: "own",
      outer: outerHeaderOf(own.headers),
    };
  }
  const tree = await readMimeTree(octets);
  const leaves = new Map(partsBelow(tree).map((part) => [part.partName, part]));
  const leaf = (partName: string) => {
    const found = leaves.get(partName);
    if (found === undefined || found.bytes === null)
      throw new ProtocolError("damaged", "a sealed part has parts of its own");
    return { name: found.name, bytes: found.bytes };
  };
  const sealed = sealedParts(tree);
  if (sealed.length > 0) {
    const parts = sealed.map(({ partName, type }) => ({ ...leaf(partName), type }));
    assertSealFields(parts, tree.headers);
    const riding = ridingPart(tree);
    return {
      kind: "sealed",
      parts,
      ...(riding === undefined ? {} : { riding: leaf(riding.partName).bytes }),
      named: addressesIn(tree),
      shell: "elsewhere",
      outer: outerHeaderOf(tree.headers),
    };
  }
  const letter = privateLetterPart(tree);
  if (letter !== undefined)
    return { kind: "private", sealed: leaf(letter.partName).bytes, outer: outerHeaderOf(tree.headers) };
  const copyOf = copiedFrom(tree);
  const arriving = incomingPart(tree);
  const invitation = invitationPart(tree);
  const file = invitation === undefined ? null : leaf(invitation.partName);
  return {
    kind: "other",
    ...(copyOf === undefined ? {} : { copyOf }),
    arriving:
      arriving === undefined
        ? null
        : { kind: arriving.kind, byName: arriving.byName, sealed: leaf(arriving.partName).bytes },
    invitation: file === null ? null : { name: file.name, file: file.bytes },
  };
}

/** A mail of a later version must not be read as one of this: its parts may mean something else by then. */
function assertSealFields(
  parts: readonly MailPart[],
  headers: Readonly<Record<string, readonly string[]>>,
): void {
  const values = headers[sealHeader.toLowerCase()] ?? [];
  if (values.length === 0) return;
  const sealed = fromParts(parts);
  if (!("kind" in sealed)) withSealFields(sealed, values);
}

/**
 * Octets that came as a "binary string", one character an octet. The native methods are used: a loop over 25 MB takes seconds
 * where JavaScript is not compiled.
 */
interface NativeFromBase64 {
  fromBase64(text: string): Uint8Array<ArrayBuffer>;
}

function hasNative(type: object): type is NativeFromBase64 {
  return "fromBase64" in type;
}

/** @throws DOMException if a character is no octet */
export function octetsOfBinary(binary: string): Uint8Array<ArrayBuffer> {
  const octets = new TextEncoder().encode(binary);
  // as many octets as characters: all are ASCII, as in nearly every mail
  if (octets.length === binary.length) return octets;
  const base64 = btoa(binary);
  if (hasNative(Uint8Array)) return Uint8Array.fromBase64(base64);
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
