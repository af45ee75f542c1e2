import { useEffect, useRef, useState } from "preact/hooks";
import { INVITATION_LIMIT, offer } from "../../../member/offered-invitation.js";
import { browser } from "../../../platform/browser.js";
import type { OpenedMail } from "../../../reading/opening.js";
import { ReadingView } from "../../../reading/page/reading-view.js";
import type { ChosenFiles, MailSource } from "../../../reading/page/source.js";
import { t } from "../../../ui/i18n.js";
import type { Correspondent } from "../../../worker/jobs.js";
import { arrivals } from "../../handlers/incoming.js";
import { MailInput } from "./mail-input.js";

const unlock = async (passphrase: string) =>
  (await import("../../handlers/unlocked-keys.js")).unlockWith(passphrase);

/** The Reader page: mails are given to it as files or as text, and read one after the other. It knows no webmail. */
interface Props {
  /** Answers an opened mail. */
  readonly reply: (opened: OpenedMail) => Promise<unknown>;
  /** Answers its author alone. */
  readonly replyAlone: (to: Correspondent) => Promise<unknown>;
  /** Is told of each mail that was opened. */
  readonly opened: (opened: OpenedMail, source: MailSource) => void;
}

/** A mail that was given, under the name that it has in the list: its file's until it is opened, then its subject. */
interface Given {
  readonly source: MailSource;
  readonly title: string;
}

export function ReaderPage({ reply, replyAlone, opened }: Props) {
  const [given, setGiven] = useState<readonly Given[]>([]);
  const [shown, setShown] = useState<MailSource | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<ReadingView | null>(null);
  const section = useRef<HTMLElement>(null);

  useEffect(() => {
    if (place.current !== null)
      view.current = new ReadingView(place.current, { arrivals, reply, replyAlone, opened, unlock });
  }, []);

  const show = async (source: MailSource) => {
    setShown(source);
    section.current?.focus();
    const answer = await view.current?.show(source);
    if ((answer?.kind !== "opened" && answer?.kind !== "private") || answer.subject === "") return;
    setGiven((before) =>
      before.map((each) => (each.source === source ? { ...each, title: answer.subject } : each)),
    );
  };

  const take = async ({ sources, invitations }: ChosenFiles) => {
    const [invitation] = invitations;
    if (invitation !== undefined) {
      // a file that is too large is given to nobody; the empty one gets the sentence for what is no invitation
      const file = invitation.file.size > INVITATION_LIMIT ? new Blob() : invitation.file;
      await offer(invitation.name, new Uint8Array(await file.arrayBuffer()));
      await browser.runtime.openOptionsPage();
    }
    setGiven((before) => [...before, ...sources.map((source) => ({ source, title: source.name }))]);
    const [first] = sources;
    if (first !== undefined) await show(first);
  };

  return (
    <main>
      <header>
        <img src="/icons/seal.svg" alt="" />
        <h1>{t("reader_title")}</h1>
        <nav>
          <a href="../lists/lists.html" target="_blank" rel="noopener">
            {t("given_title")}
          </a>
          <a href="../composer.html" target="_blank" rel="noopener">
            {t("reader_write")}
          </a>
          <button type="button" class="link" onClick={() => void browser.runtime.openOptionsPage()}>
            {t("reader_options")}
          </button>
        </nav>
      </header>
      <MailInput take={take} />
      {given.length > 1 ? (
        <nav class="given" aria-label={t("reader_given")}>
          <ul>
            {given.map(({ source, title }, at) => (
              <li key={at}>
                <button
                  type="button"
                  aria-current={source === shown ? "true" : undefined}
                  onClick={() => void show(source)}
                >
                  <bdi>{title}</bdi>
                </button>
              </li>
            ))}
          </ul>
        </nav>
      ) : null}
      <section ref={section} tabIndex={-1} aria-label={t("reader_shown")} class="shown">
        {shown === null ? <p class="quiet">{t("reader_nothing")}</p> : null}
        <div ref={place} />
      </section>
    </main>
  );
}
