import { render } from "preact";
import {
  type GivenMail,
  type IndexedMail,
  keyOfMail,
  wordsSearched,
} from "../../../mail-index/indexed-mail.js";
import { conversationOf, type ThreadRow } from "../../../mail-index/threads.js";
import { browser } from "../../../platform/browser.js";
import { load } from "../../../records/storage.js";
import { t } from "../../../ui/i18n.js";
import type { MailPane } from "../../lists-page/lists-host.js";
import { listIndex } from "./lists-handlers.js";

/**
 * What the index knows of a mail, beside the rows: the mail itself stays where it is, and the pane says where that is.
 *
 * The words are those that are searched, since nothing else is kept: folded, without markup or links, as text alone. That they were
 * verified is said of the day on which that was.
 */
export class GivenPane implements MailPane {
  readonly #place: HTMLElement;
  #asked = 0;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Shows nothing, and forgets what was shown. */
  clear(): void {
    this.#asked += 1;
    render(null, this.#place);
  }

  /** Shows a mail of the index; nothing if it was locked or removed meanwhile. */
  async show(mail: IndexedMail, select: (name: string) => void): Promise<void> {
    this.clear();
    const mine = this.#asked;
    const known = await knownOf(mail).catch(() => null);
    if (mine === this.#asked && known !== null)
      render(<GivenMailView mail={mail} known={known} select={select} />, this.#place);
  }
}

interface Known {
  readonly listName: string;
  readonly words: string;
  readonly conversation: readonly ThreadRow[];
}

async function knownOf(mail: IndexedMail): Promise<Known | null> {
  const index = await listIndex(mail.list);
  const searched = (await index?.searchedTextOf(keyOfMail(mail))) ?? null;
  if (index === undefined || searched === null) return null;
  const { lists } = await load();
  return {
    listName: lists[mail.list]?.name ?? mail.list,
    words: wordsSearched(mail, searched).trim(),
    conversation: conversationOf(mail, index.mails),
  };
}

interface Props {
  readonly mail: IndexedMail;
  readonly known: Known;
  readonly select: (name: string) => void;
}

const whenOf = (at: number) =>
  new Date(at).toLocaleString(t("lang"), { dateStyle: "long", timeStyle: "short" });

function GivenMailView({ mail, known, select }: Props) {
  const { subject, author, date, attachments, given } = mail;
  return (
    <article class="given">
      {given !== undefined && <Verified mail={mail} at={given.at} />}
      <h2>
        <bdi>{subject === "" ? t("no_subject") : subject}</bdi>
      </h2>
      <p class="by">
        <bdi>{author.name === null ? author.address : `${author.name} <${author.address}>`}</bdi>
        {" · "}
        <time dateTime={new Date(date).toISOString()}>{whenOf(date)}</time>
        {" · "}
        <bdi>{known.listName}</bdi>
      </p>
      {given !== undefined && <Where given={given} />}
      {attachments.length > 0 && (
        <>
          <h3>{t("given_attached")}</h3>
          <ul>
            {attachments.map((name, at) => (
              <li key={at}>
                <bdi>{name}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      {known.words !== "" && (
        <>
          <h3>{t("given_words")}</h3>
          <p class="by">{t("given_words_how")}</p>
          <p class="words" dir="auto" lang="">
            {known.words}
          </p>
        </>
      )}
      {known.conversation.length > 1 && (
        <Conversation mail={mail} rows={known.conversation} select={select} />
      )}
    </article>
  );
}

function Verified({ mail, at }: { readonly mail: IndexedMail; readonly at: number }) {
  return mail.doubtful ? (
    <p class="doubtful">{t("given_doubtful", whenOf(at))}</p>
  ) : (
    <p class="by">{t("given_verified", whenOf(at))}</p>
  );
}

/** Where the mail itself is read. */
function Where({ given: { as } }: { readonly given: GivenMail }) {
  switch (as.kind) {
    case "file":
      return (
        <div class="where">
          <p>{t("given_as_file", as.name)}</p>
          <ReaderButton />
        </div>
      );
    case "text":
      return (
        <div class="where">
          <p>{t("given_as_text")}</p>
          <ReaderButton />
        </div>
      );
    case "webmail":
      return (
        <div class="where">
          <p>{t("given_in_webmail")}</p>
          {as.page !== null && (
            <a href={as.page} target="_blank" rel="noopener noreferrer">
              {t("given_open_webmail", new URL(as.page).host)}
            </a>
          )}
        </div>
      );
  }
}

function ReaderButton() {
  return (
    <button type="button" onClick={openReader}>
      {t("given_read")}
    </button>
  );
}

/** Opens the page that mails are given to. */
export function openReader(): void {
  void browser.tabs.create({ url: browser.runtime.getURL("app/browser/reader/reader.html") });
}

function Conversation({
  mail,
  rows,
  select,
}: Pick<Props, "mail" | "select"> & { readonly rows: readonly ThreadRow[] }) {
  return (
    <>
      <h3>{t("given_conversation")}</h3>
      <ul>
        {rows.map(({ mail: each }) => {
          const words = [
            each.subject === "" ? t("no_subject") : each.subject,
            each.author.name ?? each.author.address,
            whenOf(each.date),
          ].join(" · ");
          return (
            <li key={keyOfMail(each)}>
              {keyOfMail(each) === keyOfMail(mail) ? (
                <bdi>{words}</bdi>
              ) : (
                <button type="button" onClick={() => select(keyOfMail(each))}>
                  <bdi>{words}</bdi>
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
