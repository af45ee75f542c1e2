/** Many members at once: from a table, into a table, and off the list. */
import { toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import type { CopyShape } from "../../mail/part-types.js";
import { rosterPages } from "../store/roster-pages.js";
import type { Member, Store } from "../store/store.js";
import { type AdminContext, BadRequest, findList, operatorWord, readNewMember } from "./administration.js";
import { csvLine } from "./csv.js";
import type { ImportedPerson } from "./import/source.js";

/** The columns of what is exported; what is added may have them in any order, and `key`, a file, in place of `certificate`. */
const COLUMNS = ["address", "name", "role", "shape", "fingerprint", "certificate"] as const;

/**
 * Adds everybody, or nobody if anything about anybody can't be done.
 *
 * @throws BadRequest, Conflict or ListSealError, which name the address
 */
export async function addMembers(
  office: AdminContext,
  listAddress: string,
  people: readonly ImportedPerson[],
  shape: CopyShape,
): Promise<number> {
  const list = await findList(office, listAddress);
  const members = [];
  for (const { address, name, role, certificates } of people) {
    const [certificate, another] = certificates;
    if (certificate === undefined || another !== undefined) {
      throw new BadRequest(
        `${address}: ${certificate === undefined ? "no certificate" : "several certificates"}; nobody was added. import leaves such people out`,
      );
    }
    const named = name ?? address.split("@", 1)[0] ?? address;
    const read = await readNewMember(office, list, { address, name: named, certificate, shape }).catch(
      (error: unknown) => {
        throw new BadRequest(
          `${address}: ${error instanceof Error ? error.message : "can't be added"}; nobody was added`,
        );
      },
    );
    const { member, change } = read;
    const roleChange = { do: "role", address, role, ...operatorWord(office) } as const;
    members.push({
      member,
      role,
      isPaused: false,
      changes: role === "member" ? [change] : [change, roleChange],
    });
  }
  await office.store.addMembers(list.id, { members }, office.now());
  return members.length;
}

/** The roster as a table that {@link addMembers} takes, line by line. */
export async function* exportedRoster(store: Store, listId: number): AsyncGenerator<string, void, undefined> {
  yield csvLine(COLUMNS);
  for await (const page of rosterPages(store, listId)) {
    for (const { address, name, role, shape, fingerprint, certificate } of page) {
      yield csvLine([address, name, role, shape, fingerprint, toBase64(certificate)]);
    }
  }
}

/** Takes everybody in `addresses` off the list, or nobody. @throws Conflict, which names the address; ListSealError */
export async function removeMembers(
  office: AdminContext,
  listAddress: string,
  addresses: readonly string[],
): Promise<readonly Member[]> {
  const list = await findList(office, listAddress);
  const those = [...new Set(addresses.map(parseAddress))];
  return office.store.removeMembers(list.id, those, ({ address, fingerprint }) => ({
    do: "remove",
    address,
    fingerprint,
    ...operatorWord(office),
  }));
}
