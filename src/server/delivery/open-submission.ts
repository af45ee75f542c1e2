/**
 * Opens a post under the list's key, or under one that an owner has replaced and whose grace was not over when it came:
 * not every member has the new key in the same minute.
 *
 * The server opens with its own key, with one that was replaced and whose time is not over, or with the one secret that it
 * shares with this author. What is looked for here is which list key the author's signature names.
 */
import { ListSealError } from "../../openpgp/errors.js";
import type { Profile, SealingKey } from "../../openpgp/keys.js";
import { profileOf, type SharedSecret } from "../../openpgp/secrets.js";
import type { ListRef, SealedMessage } from "../../protocol/message.js";
import { type OpenedAtServer, openAtServer } from "../../protocol/reseal.js";
import type { ListInUse } from "../store/lists-in-use.js";

/** A post that was opened, and the list, by the key that it is for. */
export interface OpenedSubmission {
  readonly opened: OpenedAtServer;
  readonly ref: ListRef;
}

/** The server's end of what it shares with one author. */
interface ServerSecrets {
  of(role: "server", profile: Profile, id: string): Promise<SharedSecret<"server">>;
}

/**
 * @param author       whose outer signature it must bear
 * @param authorSecret id of the secret that this author shares with the server, if there is one; a mail that names another
 *                     is opened with none
 * @param at           when it came
 * @throws KeyFileError if the secret can't be read
 * @throws ListSealError as `openAtServer`; of several keys, what the list's present one gives
 */
export async function openSubmission(
  sealed: SealedMessage,
  list: Pick<ListInUse, "ref" | "former" | "server" | "formerServers"> & {
    readonly secrets: ServerSecrets;
  },
  { author, authorSecret }: { readonly author: SealingKey<"member">; readonly authorSecret?: string },
  at: Date,
): Promise<OpenedSubmission> {
  const { ref: present, former, secrets } = list;
  const isUnderSecret = authorSecret !== undefined && sealed.outerSecret === authorSecret;
  const servers = isUnderSecret
    ? [await secrets.of("server", profileOf(present.key), authorSecret)]
    : [list.server, ...stillGood(list.formerServers, at).map(({ key }) => key)];
  const refs = [present, ...stillGood(former, at).map(({ ref }) => ref)];
  let failure: unknown;
  for (const server of servers) {
    for (const ref of refs) {
      try {
        return { opened: await openAtServer(sealed, { list: ref, server, author, now: at }), ref };
      } catch (error) {
        if (!isForAnother(error)) throw error;
        failure ??= error;
      }
    }
  }
  throw failure;
}

const stillGood = <T extends { readonly until: number }>(all: readonly T[], at: Date): readonly T[] =>
  all.filter(({ until }) => at.getTime() <= until);

const isForAnother = (error: unknown): boolean =>
  error instanceof ListSealError && error.code === "wrong-list";
