/** How a list that was restored from a backup goes on: by an owner's signed word. */
import { readRequest } from "../../membership/signed-request.js";
import { ListSealError } from "../../protocol/errors.js";
import { parseSealingKey } from "../../protocol/keys.js";
import type { Heads } from "../kept/heads.js";
import type { Ledger } from "../kept/ledger.js";
import type { List, Member } from "../kept/store.js";
import { ownersOf } from "../out/standing.js";
import type { Office } from "./administration.js";
import { BadRequest } from "./administration.js";

/**
 * Lets a paused list go on.
 *
 * `armored` is a signed request of the kind `resume` with `number` and `hash` of the newest entry of the record that the
 * owner knows. It must be the store's newest: if the owner knows of more (removals that the backup lacks), the operator
 * brings the roster up to date first, and the owner looks at it and signs for the entry that it then ends with.
 *
 * From then on signatures made before the request are refused, and copies that were in the backup's queue are set aside:
 * they went out before, most likely.
 *
 * @throws BadRequest, ListSealError
 */
export async function resumeList(
  office: Pick<Office, "store" | "now">,
  parts: { readonly heads: Heads; readonly ledger: Ledger },
  list: List,
  armored: string,
): Promise<{ readonly owner: Member; readonly setAside: number }> {
  const { store } = office;
  const { heads, ledger } = parts;
  const since = await heads.pausedSince(list.address);
  if (since === undefined) throw new BadRequest(`${list.address} is not paused`);
  const { owner, request } = await signedByOwner(office, heads, list, armored);
  // dates in signatures are whole seconds. An older request is the answer to an earlier restore
  if (request.signedAt.getTime() < Math.floor(since / 1000) * 1000) {
    throw new BadRequest(
      `the owner signed that before the list was paused (${new Date(since).toISOString()}): it has to be signed anew`,
    );
  }
  const head = await store.recordHead(list.id);
  if (
    request.fields.line("number", 12) !== String(head.number) ||
    request.fields.line("hash", 64) !== head.hash
  ) {
    throw new BadRequest(
      `the owner knows another newest entry than the database holds (${head.number} ${head.hash}): the backup is older than the list; remove again who was removed since, then let the owner look at the roster and sign for the new entry`,
    );
  }
  await ledger.refuseBefore(list.id, request.signedAt.getTime());
  const setAside = await ledger.setListAside(list.id, "restored");
  await heads.resume(store, list.address, list.id, head);
  return { owner, setAside };
}

async function signedByOwner(
  { store, now }: Pick<Office, "store" | "now">,
  heads: Heads,
  list: List,
  armored: string,
) {
  const known = await heads.ownersOf(list.address);
  const owners = (await ownersOf(store, list.id)).filter(
    // somebody who is an owner in the backup only was removed, or is no owner any more
    (owner) => known === undefined || known.includes(owner.fingerprint),
  );
  if (owners.length === 0) throw new BadRequest(`${list.address} has no owner: list owner names one`);
  for (const owner of owners) {
    try {
      const key = await parseSealingKey("member", owner.certificate);
      const wanted = { kind: "resume", list: list.address };
      return { owner, request: await readRequest(armored, wanted, key, new Date(now())) };
    } catch (error) {
      // another owner may have signed it
      if (!(error instanceof ListSealError) || error.code !== "unknown-author") throw error;
    }
  }
  throw new BadRequest("that file was not signed by an owner of the list");
}
