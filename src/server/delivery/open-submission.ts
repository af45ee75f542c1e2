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

/**
 * Replaced list keys, the newest, that a post is looked at under once their grace is over: an honest author has missed one or
 * two. Against posts that keep the server looking.
 */
const MAX_KEYS_OVER = 2;

/** The server's end of what it shares with one author. */
interface ServerSecrets {
  of(role: "server", profile: Profile, id: string): Promise<SharedSecret<"server">>;
}

/** What posts are opened with. */
type SubmissionKeys = Pick<ListInUse, "ref" | "former" | "server" | "formerServers"> & {
  readonly secrets: ServerSecrets;
};

/** Who has to have signed. */
interface ExpectedAuthor {
  readonly author: SealingKey<"member">;
  readonly authorSecret?: string;
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
  list: SubmissionKeys,
  expected: ExpectedAuthor,
  at: Date,
): Promise<OpenedSubmission> {
  const refs = [list.ref, ...stillGood(list.former, at).map(({ ref }) => ref)];
  const { opened, ref } = await openUnder(refs, sealed, list, expected, at);
  return { opened, ref };
}

/**
 * A post that {@link openSubmission} gave `wrong-list` for, under a list key whose grace was over when it came: it goes to nobody,
 * but its author can be told.
 *
 * @returns with the fingerprint of the server key or secret that opened it, the one that its author knows; `undefined` if no such
 *          key opens it
 * @throws ListSealError as `openAtServer`, but for `wrong-list`
 */
export async function openPastGrace(
  sealed: SealedMessage,
  list: SubmissionKeys,
  expected: ExpectedAuthor,
  at: Date,
): Promise<{ readonly opened: OpenedAtServer; readonly server: string } | undefined> {
  const good = stillGood(list.former, at);
  const over = list.former.filter((each) => !good.includes(each)).slice(0, MAX_KEYS_OVER);
  if (over.length === 0) return undefined;
  try {
    return await openUnder(
      over.map(({ ref }) => ref),
      sealed,
      list,
      expected,
      at,
    );
  } catch (error) {
    if (isForAnother(error)) return undefined;
    throw error;
  }
}

async function openUnder(
  refs: readonly ListRef[],
  sealed: SealedMessage,
  list: SubmissionKeys,
  { author, authorSecret }: ExpectedAuthor,
  at: Date,
): Promise<OpenedSubmission & { readonly server: string }> {
  const { ref: present, secrets } = list;
  const isUnderSecret = authorSecret !== undefined && sealed.outerSecret === authorSecret;
  const servers = isUnderSecret
    ? [await secrets.of("server", profileOf(present.key), authorSecret)]
    : [list.server, ...stillGood(list.formerServers, at).map(({ key }) => key)];
  let failure: unknown;
  for (const server of servers) {
    for (const ref of refs) {
      try {
        const opened = await openAtServer(sealed, { list: ref, server, author, now: at });
        return { opened, ref, server: server.fingerprint };
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

/** What a post under another key than was tried gives. */
export const isForAnother = (error: unknown): boolean =>
  error instanceof ListSealError && error.code === "wrong-list";
