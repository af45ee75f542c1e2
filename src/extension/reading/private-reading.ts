import { remarksOnPrivate } from "../../mail/outer-header.js";
import { load } from "../records/storage.js";
import { runJob } from "../worker/client.js";
import { type Correspondent, type MailRead, mayAnswerAlone, type OpenedLetter } from "../worker/jobs.js";
import { type NotOpened, type OpenedMail, secretsOf, unopenedBy } from "./opening.js";
import { NAME_LIMIT, presentable, SUBJECT_LIMIT } from "./untrusted-text.js";
import type { PrivateView } from "./view.js";

/** A private letter that was opened: what is shown of it, and whom an answer goes to. */
export interface OpenedPrivateMail {
  readonly kind: "private";
  readonly view: PrivateView;
  readonly correspondent: Correspondent;
}

/**
 * Opens a private letter. It is never taken for a post, nor a post for it: another job opens it, and nothing of it is remembered.
 * @throws ListSealError what the worker throws, `key-locked`, and what storage throws
 */
export async function openPrivateMail({
  sealed,
  outer,
}: Extract<MailRead, { readonly kind: "private" }>): Promise<OpenedPrivateMail | NotOpened> {
  const stored = await load();
  const secrets = await secretsOf(stored);
  const opened = await runJob("open-private", {
    sealed,
    lists: Object.values(stored.lists),
    secrets,
    pins: stored.pins,
    now: new Date().toISOString(),
  });
  if (opened.kind === "not-for-me") return unopenedBy(secrets, stored, null);
  const { letter, author, list: address, signedAt } = opened;
  const person = ({ name, address: at }: { readonly name?: string; readonly address: string }) => ({
    name: name === undefined ? null : presentable(name, NAME_LIMIT),
    address: at,
  });
  const [to = { name: null, address: "" }] = letter.to.map(person);
  const kinds = { subject: "outer-subject", from: "outer-from" } as const;
  const view: PrivateView = {
    kind: "private",
    list: { name: stored.lists[address]?.name ?? address, address },
    subject: presentable(letter.subject, SUBJECT_LIMIT),
    author: { ...person(letter.from), fingerprint: author.fingerprint, standing: author.standing },
    to,
    date: letter.date.toISOString(),
    text: letter.text ?? "",
    remarks:
      outer === null
        ? []
        : remarksOnPrivate(outer, { author: letter.from.address, subject: letter.subject }).map((remark) => ({
            kind: kinds[remark],
          })),
    mayReply: mayAnswerAlone(author.standing),
  };
  return {
    kind: "private",
    view,
    correspondent: correspondentOf({ list: address, letter, author, signedAt }),
  };
}

/** Whom an answer to the author of an opened post goes to. */
export const authorAlone = ({ letter }: OpenedMail): Correspondent => correspondentOf(letter);

function correspondentOf({
  list,
  letter,
  author,
  signedAt,
}: Pick<OpenedLetter, "list" | "letter" | "author" | "signedAt">): Correspondent {
  const { from, subject, messageId, references } = letter;
  return {
    list,
    name: from.name ?? null,
    address: from.address,
    fingerprint: author.fingerprint,
    certificate: author.certificate,
    ...(author.introduction === undefined ? {} : { introduction: author.introduction }),
    signedAt,
    subject,
    messageId,
    references,
  };
}
