import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { followLocking, whenLocked, whenUnlocked } from "../../keys/unlocked.js";
import { keyOfMail } from "../../mail-index/indexed-mail.js";
import { HITS_LIMIT } from "../../mail-index/mail-index.js";
import type { NotificationChoice } from "../../mail-index/notification-choice.js";
import { browser } from "../../platform/browser.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { askFor } from "../../platform/permission.js";
import type { Caller } from "../../platform/rpc/call.js";
import { whenStoredChanges } from "../../records/storage.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { MailAct, SpaceCalls, SpaceOverview } from "../calls/space-calls.js";
import { everyMail, KnownMails, type MailWish } from "./known-mails.js";
import { LetterPane } from "../thunderbird/space/letter-pane.js";
import { MailRows } from "./mail-rows.js";
import { MailTools } from "./mail-tools.js";
import { IndexProgress, ListNames } from "./side-panes.js";

/** As in the style sheet: the page shows one pane at a time. */
const NARROW = "(max-width: 56rem)";

/** What was found for a wish. */
interface Found {
  readonly mails: readonly string[];
  readonly more: boolean;
}

/**
 * Our page of lists: lists, their messages by their true subjects, and the one that is read. The background has the index; the
 * page has a copy of what rows show, and forgets it when keys are locked.
 */
export function ListsPage({ ask }: { readonly ask: Caller<SpaceCalls> }) {
  const [overview, setOverview] = useState<SpaceOverview | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [wish, setWish] = useState<MailWish>(everyMail);
  const [found, setFound] = useState<Found | null>(null);
  const [selected, setSelected] = useState<string | null>(null);
  const [pane, setPane] = useState<"messages" | "reading">("messages");
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const [changes, setChanges] = useState(0);
  const mails = useRef(new Map<string, KnownMails>());
  const letter = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLElement>(null);
  const reading = useRef<LetterPane | null>(null);

  const list = overview?.lists.find(({ address }) => address === chosen) ?? overview?.lists[0];
  const address = list?.address ?? null;
  const known = mailsOf(mails.current, address);
  const changed = () => setChanges((before) => before + 1);

  useLayoutEffect(() => {
    if (letter.current !== null && mark.current !== null)
      reading.current ??= new LetterPane(letter.current, mark.current, ask);
  }, []);

  useEffect(() => watchOverview(ask, setOverview, setFailure), []);

  useEffect(() => {
    followLocking();
    whenLocked(() => {
      for (const each of mails.current.values()) each.forget();
      reading.current?.clear();
      setSelected(null);
      setFound(null);
      changed();
    });
  }, []);

  // what has changed of the list that is shown
  useEffect(() => {
    if (address === null) return;
    ask("space:mails", { list: address, ...known.asked }).then(
      (news) => {
        if (known.take(news)) changed();
      },
      // locked, which the page says already
      () => undefined,
    );
  }, [address, overview?.known]);

  const isSearch = wish.query.trim() !== "";
  useEffect(() => {
    if (!isSearch || address === null) {
      setFound(null);
      return undefined;
    }
    let isOver = false;
    ask("space:search", { list: address, ...wish }).then(
      (next) => {
        if (!isOver) setFound(next);
      },
      () => {
        if (!isOver) setFound(null);
      },
    );
    return () => {
      isOver = true;
    };
  }, [address, wish, changes]);

  const rows = useMemo(
    () => (isSearch && found === null ? [] : known.rows(wish, found?.mails ?? null)),
    [known, wish, found, changes],
  );
  const authors = useMemo(() => known.authors(), [known, changes]);
  const mail = selected === null ? undefined : known.get(selected);

  const select = (name: string) => {
    const next = known.get(name);
    if (next === undefined) return;
    setSelected(name);
    setPane("reading");
    void reading.current?.show({ folder: next.folder, id: next.id });
  };
  const act = async (what: MailAct) => {
    if (mail === undefined) return;
    // asked in the press itself, before anything is awaited
    if (what === "archive" && !(await askFor("archive"))) return;
    const at = rows.findIndex(({ mail: each }) => keyOfMail(each) === selected);
    const next = rows[at + 1] ?? rows[at - 1];
    setFailure(null);
    try {
      await ask("space:act", { mail: { folder: mail.folder, id: mail.id }, act: what });
      if (what !== "archive" && what !== "delete") return;
      reading.current?.clear();
      setSelected(null);
      // as Thunderbird does; where one pane is shown at a time, whoever has done with a mail is back at the others
      if (matchMedia(NARROW).matches) setPane("messages");
      else if (next !== undefined) select(keyOfMail(next.mail));
    } catch (error) {
      setFailure(codeOf(error, "worker-failed"));
    }
  };
  const notify = async (show: NotificationChoice) => {
    // asked in the choice itself, before anything is awaited
    const isGranted = show === "off" || (await askFor("notifications"));
    const now = isGranted ? show : "off";
    await ask("space:notify", { show: now }).catch(() => undefined);
    setOverview((before) => (before === null ? null : { ...before, notifications: now }));
  };
  const pressed = (event: KeyboardEvent): boolean => {
    const what = actOfKey(event, mail?.unread ?? false);
    if (what === undefined || mail === undefined) return false;
    void act(what);
    return true;
  };
  const choose = (next: string) => {
    setChosen(next);
    setWish(everyMail);
    setSelected(null);
    reading.current?.clear();
    setPane("messages");
  };
  const isLocked = overview?.progress.kind === "locked";

  return (
    <div class="space" data-pane={mail === undefined ? "messages" : pane}>
      <ListNames
        lists={overview?.lists ?? []}
        chosen={address}
        choose={choose}
        write={() => address !== null && void ask("space:write", { list: address }).catch(() => undefined)}
        notifications={overview?.notifications ?? "off"}
        notify={(show) => void notify(show)}
        settings={() => void browser.runtime.openOptionsPage()}
      />
      <main class="messages">
        <MailTools wish={wish} change={setWish} authors={authors} isOff={isLocked || list === undefined} />
        {overview !== null && (
          <IndexProgress
            progress={overview.progress}
            sync={(next) => void ask("space:sync", { wish: next }).catch(() => undefined)}
          />
        )}
        {failure !== null && (
          <p class="problem" role="alert">
            {t(sentenceKey(failure))}
          </p>
        )}
        {found?.more === true && <p class="empty">{t("space_more", String(HITS_LIMIT))}</p>}
        {rows.length === 0 && overview !== null && !isLocked && (
          <p class="empty" role="status">
            {t(
              list === undefined ? "space_no_lists" : wish === everyMail ? "space_none" : "space_none_found",
            )}
          </p>
        )}
        {!isLocked && <MailRows rows={rows} selected={selected} select={select} pressed={pressed} />}
      </main>
      <section class="reading" aria-label={t("mail_text")}>
        <div class="acts">
          <button type="button" class="back" onClick={() => setPane("messages")}>
            {t("space_back")}
          </button>
          {mail !== undefined && <Acts act={act} isUnread={mail.unread} mayPost={list?.mayPost === true} />}
        </div>
        <div class="letter">
          <header id="mark" ref={mark} />
          {mail === undefined && <p class="empty">{t("space_pick")}</p>}
          <div ref={letter} />
        </div>
      </section>
    </div>
  );
}

function mailsOf(all: Map<string, KnownMails>, list: string | null): KnownMails {
  const known = (list === null ? undefined : all.get(list)) ?? new KnownMails();
  if (list !== null) all.set(list, known);
  return known;
}

/** Keys of Thunderbird's own list. */
function actOfKey({ key, ctrlKey, metaKey }: KeyboardEvent, isUnread: boolean): MailAct | undefined {
  if (ctrlKey || metaKey) return { r: "reply" as const, l: "forward" as const }[key];
  return {
    ...{ a: "archive" as const, Delete: "delete" as const, Enter: "show" as const },
    m: isUnread ? ("read" as const) : ("unread" as const),
  }[key];
}

interface ActsProps {
  readonly act: (what: MailAct) => Promise<void>;
  readonly isUnread: boolean;
  readonly mayPost: boolean;
}

function Acts({ act, isUnread, mayPost }: ActsProps) {
  const button = (what: MailAct, label: string) => (
    <button type="button" onClick={() => void act(what)}>
      {label}
    </button>
  );
  return (
    <>
      {mayPost && button("reply", t("reader_reply"))}
      {button("forward", t("space_forward"))}
      {button("archive", t("space_archive"))}
      {button("delete", t("space_delete"))}
      {isUnread ? button("read", t("space_mark_read")) : button("unread", t("space_mark_unread"))}
      {button("show", t("space_show"))}
    </>
  );
}

/**
 * Keeps the page at what the background knows, for as long as it is open and in sight. @returns what ends it
 */
function watchOverview(
  ask: Caller<SpaceCalls>,
  show: (overview: SpaceOverview) => void,
  fail: (code: ErrorCode) => void,
): () => void {
  let isOver = false;
  let known = 0;
  let asked = 0;
  const look = async () => {
    asked += 1;
    const mine = asked;
    while (!isOver && mine === asked && !document.hidden) {
      try {
        const overview = await ask("space:watch", { known });
        if (isOver || mine !== asked) return;
        known = overview.known;
        show(overview);
      } catch (error) {
        fail(codeOf(error, "worker-failed"));
        return;
      }
    }
  };
  const anew = () => {
    known = 0;
    void look();
  };
  ask("space:begin", null).then(anew, anew);
  whenLocked(anew);
  whenUnlocked(anew);
  whenStoredChanges(anew);
  document.addEventListener("visibilitychange", anew);
  return () => {
    isOver = true;
    document.removeEventListener("visibilitychange", anew);
  };
}
