import { partsBelow, readMimeTree } from "../../mail/mime-tree.js";
import { ListSealError } from "../../protocol/errors.js";
import { octetsOfBinary } from "../binary.js";
import { shapeOf } from "../display/shape.js";
import { addressesIn, arrivingPart, copiedFrom, invitationPart } from "../reading/found-parts.js";
import type { Jobs } from "./jobs.js";

/**
 * Reads a mail as it came, in a browser and in Thunderbird: one tree, in which one code finds the sealed parts, and says whether
 * the mail around them is one of ours. Nothing is opened.
 *
 * Attack: a mail that two readers see differently (two Content-Types, a boundary that only one of them finds), made so that one
 * sees nothing but our own shell and the other a stranger's words or another's parts beside it. So one reader does it all, and
 * a part with two types has none.
 * @throws ListSealError `damaged`, `too-large` for what is no readable mail
 */
export async function readMail({ raw }: Jobs["read-mail"]["input"]): Promise<Jobs["read-mail"]["output"]> {
  const tree = await readMimeTree(typeof raw === "string" ? octetsOfBinary(raw) : raw);
  const leaves = new Map(partsBelow(tree).map((part) => [part.partName, part]));
  const leaf = (partName: string) => {
    const found = leaves.get(partName);
    if (found === undefined || found.bytes === null)
      throw new ListSealError("damaged", "a sealed part has parts of its own");
    return { name: found.name, bytes: found.bytes };
  };
  // as Thunderbird has it: a mail around the tree, so that one that is nothing but an attached mail is no shell of ours
  const shape = shapeOf({ contentType: "message/rfc822", parts: [tree] });
  if (shape.kind !== "none") {
    return {
      kind: "sealed",
      parts: shape.parts.map(({ partName, type }) => ({ ...leaf(partName), type })),
      named: addressesIn(tree),
      shell: shape.kind === "own-shell" ? "own" : "elsewhere",
    };
  }
  const copyOf = copiedFrom(tree);
  const arriving = arrivingPart(tree);
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
