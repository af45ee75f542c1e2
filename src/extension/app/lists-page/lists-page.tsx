import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { followLocking, whenLocked, whenUnlocked } from "../../keys/unlocked.js";
import { type IndexedMail, keyOfMail } from "../../mail-index/indexed-mail.js";
import { HITS_LIMIT } from "../../mail-index/mail-index.js";
import type { NotificationChoice } from "../../mail-index/notification-choice.js";
import { type DeliveryCounts, undeliveredOf, whenDeliveriesChange } from "../../member/delivery-record.js";
import { browser } from "../../platform/browser.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import type { Caller } from "../../platform/rpc/call.js";
import { whenStoredChanges } from "../../records/storage.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { ListsCalls, SpaceList, SpaceOverview } from "../calls/space-calls.js";
import { FirstSteps } from "./first-steps.js";
import { everyMail, KnownMails, type MailWish } from "./known-mails.js";
import type { ListsAct, ListsHost, MailButton, MailPane } from "./lists-host.js";
import { MailRows } from "./mail-rows.js";
import { MailTools } from "./mail-tools.js";
import { ManyActs } from "./many-acts.js";
import { noSelection, type Selection, selectOne } from "./selection.js";
import { IndexProgress, ListNames } from "./side-panes.js";

/** As in the style sheet: the page shows one pane at a time. */
const NARROW = "(max-width: 56rem)";

/** What was found for a wish. */
interface Found {
  readonly mails: readonly string[];
  readonly more: boolean;
}

interface Props<A extends ListsAct> {
  readonly ask: Caller<ListsCalls>;
  readonly host: ListsHost<A>;
}

/**
 * Our page of lists: lists, their messages by their true subjects, and the one that is read. Whoever answers `ask` has the index;
 * the page has a copy of what rows show, and forgets it when keys are locked.
 */
export function ListsPage<A extends ListsAct>({ ask, host }: Props<A>) {
  const [overview, setOverview] = useState<SpaceOverview | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [wish, setWish] = useState<MailWish>(everyMail);
  const [found, setFound] = useState<Found | null>(null);
  const [selection, setSelection] = useState<Selection>(noSelection);
  const [pane, setPane] = useState<"messages" | "reading">("messages");
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const [changes, setChanges] = useState(0);
  const mails = useRef(new Map<string, KnownMails>());
  const searching = useRef<Promise<void>>(Promise.resolve());
  const letter = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLElement>(null);
  const reading = useRef<MailPane | null>(null);

  const list = overview?.lists.find(({ address }) => address === chosen) ?? overview?.lists[0];
  const address = list?.address ?? null;
  const known = mailsOf(mails.current, address);
  const changed = () => setChanges((before) => before + 1);
  const undelivered = useUndelivered(address);

  useLayoutEffect(() => {
    if (letter.current !== null && mark.current !== null)
      reading.current ??= host.paneIn(letter.current, mark.current);
  }, []);

  useEffect(() => watchOverview(ask, setOverview, setFailure), []);

  useEffect(() => {
    followLocking();
    whenLocked(() => {
      for (const each of mails.current.values()) each.forget();
      reading.current?.clear();
      setSelection(noSelection);
      setFound(null);
      changed();
    });
  }, []);

  // what has changed of the list that is shown
  useEffect(() => {
    if (address === null) return undefined;
    let isOver = false;
    const follow = async () => {
      for (let isBehind = true; isBehind && !isOver; ) {
        // a person who searches does not wait for it
        await searching.current;
        const { view } = known;
        const news = await ask("space:mails", { list: address, ...view });
        // otherwise locked meanwhile, or told more by an answer that was on its way: it is asked again
        const isAnswer = known.view === view;
        if (isAnswer && known.take(news)) changed();
        // what came is drawn before older mails follow
        await new Promise((resolve) => setTimeout(resolve));
        isBehind = !isAnswer || known.view.before !== null;
      }
    };
    // locked, which the page says already
    follow().catch(() => undefined);
    return () => {
      isOver = true;
    };
  }, [address, overview?.known]);

  const isSearch = wish.query.trim() !== "";
  useEffect(() => {
    if (!isSearch || address === null) {
      setFound(null);
      return undefined;
    }
    let isOver = false;
    searching.current = ask("space:search", { list: address, ...wish }).then(
      ({ mails: hits, more }) => {
        if (isOver) return;
        known.meet(hits);
        setFound({ mails: hits.map(keyOfMail), more });
      },
      () => {
        if (!isOver) setFound({ mails: [], more: false });
      },
    );
    return () => {
      isOver = true;
    };
  }, [address, wish, changes]);

  const hits = isSearch ? found : null;
  const rows = useMemo(() => known.rows(wish, hits?.mails ?? null), [known, wish, hits, changes]);
  const authors = useMemo(() => known.authors(), [known, changes]);
  const selected = [...selection.names].flatMap((name) => known.get(name) ?? []);
  // several are acted on, and none is read
  const mail = selected.length === 1 ? selected[0] : undefined;

  const select = (next: Selection) => {
    setSelection(next);
    const [name, second] = next.names;
    const only = name === undefined || second !== undefined ? undefined : known.get(name);
    if (only === undefined) {
      reading.current?.clear();
      return;
    }
    setPane("reading");
    void reading.current?.show(only, (other) => select(selectOne(other)));
  };
  const nothingLeft = () => {
    reading.current?.clear();
    setSelection(noSelection);
  };
  const acts = selected.length > 1 ? host.manyActs : host.acts;
  const act = async (what: A) => {
    if (selected.length === 0) return;
    const at = rows.findIndex(({ mail: each }) => keyOfMail(each) === selection.at);
    const next = mail === undefined ? undefined : (rows[at + 1] ?? rows[at - 1]);
    setFailure(null);
    try {
      if ((await host.act(selected, what)) === "stays") return;
      nothingLeft();
      // as Thunderbird does; where one pane is shown at a time, whoever has done with a mail is back at the others
      if (matchMedia(NARROW).matches) setPane("messages");
      else if (next !== undefined) select(selectOne(keyOfMail(next.mail)));
    } catch (error) {
      setFailure(codeOf(error, "worker-failed"));
    }
  };
  // what is read, or selected, was moved or deleted elsewhere
  useEffect(() => {
    const { names } = selection;
    // the one that is read is followed; of thousands each would be looked for among all
    const now = (name: string) => (names.size === 1 ? known.followed(name) : known.get(name));
    const left = [...names].flatMap((name) => now(name) ?? []).map(keyOfMail);
    if (left.length === names.size && left.every((name) => names.has(name))) return;
    const [first] = left;
    if (first === undefined) nothingLeft();
    else setSelection({ at: first, anchor: first, names: new Set(left) });
  }, [known, changes]);

  const notify = async (show: NotificationChoice) => {
    const now = (await host.notify?.(show)) ?? "off";
    setOverview((before) => (before === null ? null : { ...before, notifications: now }));
  };
  const pressed = (event: KeyboardEvent): boolean => {
    const wanted = actOfKey(
      event,
      selected.some(({ unread }) => unread),
    );
    const what = acts.find((one) => wanted.includes(one.what))?.what;
    if (what === undefined || selected.length === 0) return false;
    void act(what);
    return true;
  };
  const choose = (next: string) => {
    setChosen(next);
    setWish(everyMail);
    nothingLeft();
    setPane("messages");
  };
  const settings = () => void browser.runtime.openOptionsPage();
  const progress = list?.isLocked === true ? ({ kind: "locked" } as const) : overview?.progress;
  const isLocked = progress?.kind === "locked";

  return (
    <div class="space" data-pane={selected.length === 0 ? "messages" : pane}>
      <ListNames
        lists={overview?.lists ?? []}
        chosen={address}
        choose={choose}
        write={() => address !== null && void ask("space:write", { list: address }).catch(() => undefined)}
        notifications={overview?.notifications ?? "off"}
        notify={host.notify === null ? null : (show) => void notify(show)}
        settings={settings}
        about={list !== undefined && host.aboutList(list)}
      >
        {host.more}
      </ListNames>
      <main class="panes">
        <div class="messages">
          <MailTools
            wish={wish}
            change={setWish}
            authors={authors}
            filters={host.filters}
            isOff={isLocked || list === undefined}
          />
          {progress !== undefined && (
            <IndexProgress
              progress={progress}
              unlock={host.unlock}
              sync={(next) => void ask("space:sync", { wish: next }).catch(() => undefined)}
            />
          )}
          {failure !== null && (
            <p class="problem" role="alert">
              {t(sentenceKey(failure))}
            </p>
          )}
          {hits?.more === true && <p class="empty">{t("space_more", HITS_LIMIT)}</p>}
          {overview !== null && list === undefined && <FirstSteps begin={settings} />}
          {rows.length === 0 &&
            list !== undefined &&
            !["locked", "paused"].includes(progress?.kind ?? "") && (
              <p class="empty" role="status">
                {t(wish === everyMail ? "space_none" : "space_none_found")}
              </p>
            )}
          {!isLocked && (
            <MailRows
              rows={rows}
              undelivered={(each) => undeliveredIn(undelivered, each, list)}
              selection={selection}
              select={select}
              pressed={pressed}
            />
          )}
        </div>
        <section class="reading" aria-label={t("mail_text")}>
          <div class="acts">
            <button type="button" class="back" onClick={() => setPane("messages")}>
              {t("space_back")}
            </button>
            {selected.length > 1 && <ManyActs all={host.manyActs} count={selected.length} act={act} />}
            {mail !== undefined && <Acts all={host.acts} act={act} isUnread={mail.unread} list={list} />}
          </div>
          <div class="letter">
            <header id="mark" ref={mark} />
            {selected.length === 0 && <p class="empty">{t("space_pick")}</p>}
            <div ref={letter} />
          </div>
        </section>
      </main>
    </div>
  );
}

/** What servers have said of posts of one's own in a list that did not reach everybody, as it is now. */
function useUndelivered(list: string | null): ReadonlyMap<string, DeliveryCounts> {
  const [known, setKnown] = useState<ReadonlyMap<string, DeliveryCounts>>(new Map());
  const [told, setTold] = useState(0);
  useEffect(() => whenDeliveriesChange(() => setTold((before) => before + 1)), []);
  useEffect(() => {
    let isOver = false;
    const show = (next: typeof known) => {
      if (!isOver) setKnown(next);
    };
    if (list === null) show(new Map());
    else void undeliveredOf(list).then(show);
    return () => {
      isOver = true;
    };
  }, [list, told]);
  return known;
}

/**
 * What is said of a mail. Attack: a member gives a post the Message-ID of somebody else's, whose row then says of it what is true of
 * another: so it has to be one's own, and verified.
 */
function undeliveredIn(
  known: ReadonlyMap<string, DeliveryCounts>,
  { messageId, author, doubtful }: IndexedMail,
  list: SpaceList | undefined,
): DeliveryCounts | undefined {
  return doubtful || author.address !== list?.ownAddress ? undefined : known.get(messageId);
}

function mailsOf(all: Map<string, KnownMails>, list: string | null): KnownMails {
  const known = (list === null ? undefined : all.get(list)) ?? new KnownMails();
  if (list !== null) all.set(list, known);
  return known;
}

/** What a key does, by the keys of Thunderbird's own list: the first of these that can be done here. */
function actOfKey({ key, ctrlKey, metaKey }: KeyboardEvent, isUnread: boolean): readonly ListsAct[] {
  const plain: Readonly<Record<string, readonly ListsAct[]>> = {
    a: ["archive"],
    Delete: ["delete", "forget"],
    Enter: ["show"],
    m: [isUnread ? "read" : "unread"],
  };
  const withControl: Readonly<Record<string, readonly ListsAct[]>> = { r: ["reply"], l: ["forward"] };
  return (ctrlKey || metaKey ? withControl : plain)[key] ?? [];
}

interface ActsProps<A extends ListsAct> {
  readonly all: readonly MailButton<A>[];
  readonly act: (what: A) => Promise<void>;
  readonly isUnread: boolean;
  readonly list: SpaceList | undefined;
}

/** A button for each thing that can be done with the mail. */
function Acts<A extends ListsAct>({ all, act, isUnread, list }: ActsProps<A>) {
  const fits = (what: ListsAct): boolean => {
    if (what === "reply") return list?.mayPost === true;
    if (what === "read" || what === "unread") return isUnread === (what === "read");
    return true;
  };
  return (
    <>
      {all
        .filter(({ what }) => fits(what))
        .map(({ what, label }) => (
          <button key={what} type="button" onClick={() => void act(what)}>
            {t(label)}
          </button>
        ))}
    </>
  );
}

/** The background answers after 20 s at the latest. QUIRK: an event page that ends leaves its questions without any answer. */
const ANSWER_MS = 30_000;

/** What it gives, or null if it takes too long. */
function inTime<T>(answer: Promise<T>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), ANSWER_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Keeps the page at what the background knows, for as long as it is open and in sight. @returns what ends it
 */
function watchOverview(
  ask: Caller<ListsCalls>,
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
        const overview = await inTime(ask("space:watch", { known }));
        if (isOver || mine !== asked) return;
        if (overview === null) continue;
        known = overview.known;
        show(overview);
      } catch (error) {
        // of a question that nobody waits for any more
        if (isOver || mine !== asked) return;
        fail(codeOf(error, "worker-failed"));
        return;
      }
    }
  };
  const refresh = () => {
    known = 0;
    void look();
  };
  ask("space:begin", null).then(refresh, refresh);
  whenLocked(refresh);
  whenUnlocked(refresh);
  whenStoredChanges(refresh);
  document.addEventListener("visibilitychange", refresh);
  return () => {
    isOver = true;
    document.removeEventListener("visibilitychange", refresh);
  };
}
