import { partsBelow, readMimeTree } from "../../mail/mime-tree.js";
import { ListSealError } from "../../protocol/errors.js";
import { shapeOf } from "../display/shape.js";
import { addressesIn, arrivingPart, invitationPart } from "../reading/found-parts.js";
import type { Jobs } from "./jobs.js";

/**
 * Reads a mail as it came, by the very rules that hold in Thunderbird: one tree, in which the same code finds the sealed parts,
 * and says whether the mail around them is one of ours. Nothing is opened.
 * @throws ListSealError `damaged`, `too-large` for what is no readable mail
 */
export async function readMail({ raw }: Jobs["read-mail"]["input"]): Promise<Jobs["read-mail"]["output"]> {
  const tree = await readMimeTree(raw);
  const leaves = new Map(partsBelow(tree).map((part) => [part.partName, part]));
  const leaf = (partName: string) => {
    const found = leaves.get(partName);
    if (found === undefined || found.bytes === null)
      throw new ListSealError("damaged", "a sealed part has parts of its own");
    return { name: found.name, bytes: found.bytes };
  };
  const shape = shapeOf(tree);
  if (shape.kind !== "none") {
    return {
      kind: "sealed",
      parts: shape.parts.map(({ partName, type }) => ({ ...leaf(partName), type })),
      named: addressesIn(tree),
      shell: shape.kind === "own-shell" ? "own" : "elsewhere",
    };
  }
  const arriving = arrivingPart(tree);
  const invitation = invitationPart(tree);
  const file = invitation === undefined ? null : leaf(invitation.partName);
  return {
    kind: "other",
    arriving:
      arriving === undefined
        ? null
        : { kind: arriving.kind, byName: arriving.byName, sealed: leaf(arriving.partName).bytes },
    invitation: file === null ? null : { name: file.name, file: file.bytes },
  };
}
