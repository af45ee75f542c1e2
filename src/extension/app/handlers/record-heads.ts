import { whenHeadSeen } from "../../reading/opening.js";
import { ownsLists } from "../../records/has-owned-lists.js";

/**
 * An owner's add-on holds every word of the server about the record against what it knows: it is told of each list signature.
 * Call it in a composition root whose page opens mail. Most people own no list, and load nothing for it.
 */
export function watchRecordHeads(): void {
  whenHeadSeen(async (list, head, signedAt) => {
    if (!(await ownsLists())) return;
    const { noteHead } = await import("../../owner/members.js");
    await noteHead(list, head, signedAt);
  });
}
