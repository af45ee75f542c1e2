import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { OfferedFile } from "../../member/offered-invitation.js";
import { program } from "../../platform/browser.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import type { Comparison } from "../../reading/comparison.js";
import { sentenceKey } from "../../ui/failure.js";
import { type MessageKey, t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import { About } from "./about.js";
import { BackupPage, BackupReminder } from "./backup.js";
import { Comparing } from "./comparison.js";
import type { Overview, RunAction } from "./form-actions.js";
import { KeyReminders, Keys } from "./keys.js";
import { Lists } from "./lists.js";
import { Members } from "./owners/owners-page.js";
import { Privacy } from "./privacy.js";
import { Webmails } from "./webmails.js";
import { Welcome } from "./welcome.js";

/** What is said after a request: only one that is on its way was sent, and its card says how the others stand. */
function saidOf(came: unknown, done: MessageKey): MessageKey | null {
  if (typeof came !== "object" || came === null || !("sending" in came)) return done;
  if (came.sending === "unsent") return null;
  return came.sending === "by-hand" && program() === "thunderbird" ? "request_in_window" : done;
}

/** The options page: tabs, and one line that says what happened. */

const allTabs = ["keys", "lists", "members", "webmail", "backup", "privacy", "about"] as const;
type Tab = (typeof allTabs)[number];
/** Thunderbird has the mail itself. */
const tabsHere = (): readonly Tab[] =>
  allTabs.filter((name) => name !== "webmail" || program() === "browser");
const titles = {
  keys: "options_keys",
  lists: "options_lists",
  members: "options_members",
  webmail: "options_webmail",
  backup: "options_backup",
  privacy: "options_privacy",
  about: "options_about",
} as const;

/** In place of everything else, when a newer window of the same page has opened. */
export function OtherWindow() {
  return (
    <main>
      <h1>{t("options_title")}</h1>
      <p role="alert">{t("other_window")}</p>
      <button type="button" class="primary" onClick={() => location.reload()}>
        {t("other_window_here")}
      </button>
    </main>
  );
}

/** How often the page looks whether an answer has come. */
const LOOK_MS = 2_000;

/** What is said of a request that is on its way: no longer true when it has been answered. */
const onTheWay: ReadonlySet<MessageKey> = new Set(["join_asked", "leave_asked", "found_claimed"]);

interface OptionsProps {
  readonly call: Call;
  /** What the program has beside the title. */
  readonly head?: ComponentChildren;
}

export function Options({ call, head }: OptionsProps) {
  const [overview, setOverview] = useState<Overview | null>(null);
  const [offered, setOffered] = useState<OfferedFile | null>(null);
  const [comparison, setComparison] = useState<Comparison | null>(null);
  const [tab, setTab] = useState<Tab>("lists");
  const [damaged, setDamaged] = useState(false);
  const [said, setSaid] = useState<{ readonly key: MessageKey; readonly failed: boolean } | null>(null);

  const read = async () => {
    try {
      setOverview(await call("overview", null));
      setDamaged(false);
    } catch (error) {
      const code = codeOf(error, "worker-failed");
      setDamaged(code === "storage-damaged" || code === "unsupported-version");
      throw error;
    }
  };
  const fail = (code: ErrorCode) => setSaid({ key: sentenceKey(code), failed: true });
  const tell = (error: unknown) => fail(codeOf(error, "worker-failed"));
  const takeOffer = async () => {
    const wanted = await call("compare:wanted", null);
    if (wanted !== null) setComparison(wanted);
    const offer = await call("join:offered", null);
    if (offer === null) return;
    setOffered(offer);
    setTab("lists");
  };
  useEffect(() => {
    read().catch(tell);
    const onFocus = () => void takeOffer().catch(tell);
    onFocus();
    // the page may be open already when "Join the list" is pressed in a mail
    window.addEventListener("focus", onFocus);
    return () => window.removeEventListener("focus", onFocus);
  }, []);

  // an answer comes as a mail: while one is waited for, the page looks from time to time
  const waits = (overview?.requests.length ?? 0) > 0;
  useEffect(() => {
    if (!waits) return;
    call("requests:look", null).then(read).catch(tell);
    const timer = setInterval(() => void read().catch(tell), LOOK_MS);
    return () => {
      clearInterval(timer);
      setSaid((now) => (now !== null && onTheWay.has(now.key) ? null : now));
    };
  }, [waits]);

  const act: RunAction = async (work, done) => {
    setSaid(null);
    try {
      const came = await work();
      await read();
      const key = done === null ? null : saidOf(came, done);
      if (key !== null) setSaid({ key, failed: false });
      return true;
    } catch (error) {
      fail(codeOf(error, "worker-failed"));
      return false;
    }
  };

  const select = (chosen: Tab) => {
    setComparison(null);
    setTab(chosen);
  };
  const panel = (known: Overview) => {
    if (comparison !== null) {
      const { fingerprint, address } = comparison;
      return (
        <Comparing
          key={`${address} ${fingerprint}`}
          comparison={comparison}
          call={call}
          act={act}
          close={() => setComparison(null)}
        />
      );
    }
    switch (tab) {
      case "keys":
        return <Keys overview={known} call={call} act={act} />;
      case "lists":
        return (
          <>
            {known.lists.length + known.keys.length + known.refused.length === 0 && offered === null ? (
              <Welcome call={call} act={act} toInvitation={toInvitation} toOwner={() => setTab("members")} />
            ) : null}
            <Lists
              overview={known}
              call={call}
              act={act}
              toKeys={() => setTab("keys")}
              offered={offered}
              joined={() => setOffered(null)}
            />
          </>
        );
      case "members":
        return <Members overview={known} call={call} act={act} />;
      case "webmail":
        return <Webmails act={act} />;
      case "backup":
        return <BackupPage overview={known} call={call} act={act} />;
      case "privacy":
        return <Privacy call={call} act={act} />;
      case "about":
        return <About />;
    }
  };

  return (
    <main>
      <header>
        <img src="/icons/seal.svg" alt="" />
        <h1>{t("options_title")}</h1>
        {head}
      </header>
      <Tabs selected={tab} select={select} />
      <output class={said?.failed === true ? "problem" : "done"}>{said === null ? "" : t(said.key)}</output>
      {overview === null ? null : <KeyReminders keys={overview.keys} call={call} act={act} />}
      {overview === null || tab === "backup" ? null : (
        <BackupReminder overview={overview} open={() => setTab("backup")} />
      )}
      <div role="tabpanel" id="panel" aria-labelledby={`tab-${tab}`}>
        {damaged ? <StorageTrouble call={call} act={act} /> : null}
        {overview === null || damaged ? null : panel(overview)}
      </div>
    </main>
  );
}

/** The form that takes an invitation is further down on the same page. */
function toInvitation(): void {
  document.querySelector<HTMLInputElement>("#panel input[type=file]")?.focus();
}

function Tabs({ selected, select }: { readonly selected: Tab; readonly select: (tab: Tab) => void }) {
  const tabs = tabsHere();
  const strip = useRef<HTMLDivElement>(null);
  // arrow keys move between tabs, Tab goes on to the panel (WAI-ARIA, tabs pattern)
  const move = (event: KeyboardEvent) => {
    const here = tabs.indexOf(selected);
    const places: Readonly<Record<string, number>> = {
      ArrowRight: (here + 1) % tabs.length,
      ArrowLeft: (here - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = tabs[places[event.key] ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    select(next);
    strip.current?.querySelector<HTMLButtonElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div role="tablist" aria-label={t("options_title")} ref={strip} onKeyDown={move}>
      {tabs.map((name) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={name === selected}
          aria-controls="panel"
          tabIndex={name === selected ? 0 : -1}
          onClick={() => select(name)}
        >
          {t(titles[name])}
        </button>
      ))}
    </div>
  );
}

/** The way out when what is kept can't be read: save it as it is, then start over and bring a backup back. */
function StorageTrouble({ call, act }: { readonly call: Call; readonly act: RunAction }) {
  const [asked, setAsked] = useState(false);
  return (
    <section aria-labelledby="trouble" class="card">
      <h2 id="trouble">{t("trouble_title")}</h2>
      <p>{t("trouble_text")}</p>
      <ol>
        <li>
          {t("trouble_save_text")}{" "}
          <button type="button" onClick={() => void act(() => call("storage:save", null), "trouble_saved")}>
            {t("trouble_save")}
          </button>
        </li>
        <li>
          {t("trouble_start_over_text")}{" "}
          {asked ? null : (
            <button type="button" class="danger" onClick={() => setAsked(true)}>
              {t("trouble_start_over")}
            </button>
          )}
        </li>
      </ol>
      {asked ? (
        <>
          <p role="alert">{t("trouble_start_over_question")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(false)}>
              {t("popup_back")}
            </button>
            <button
              type="button"
              class="danger"
              onClick={() => void act(() => call("storage:start-over", null), "trouble_begun")}
            >
              {t("trouble_start_over")}
            </button>
          </div>
        </>
      ) : null}
    </section>
  );
}
