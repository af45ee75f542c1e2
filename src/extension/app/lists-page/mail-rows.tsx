import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { keyOfMail } from "../../mail-index/indexed-mail.js";
import type { ThreadRow } from "../../mail-index/threads.js";
import { t } from "../../ui/i18n.js";
import { type Selection, selectAll, selectOne, selectTo, toggleOne } from "./selection.js";

/** The rows of a list: only those that are in sight are in the page, however many there are. */

/** Height of a row, and how many are drawn beyond what is in sight. */
const [ROW_PX, SPARE_ROWS] = [48, 8] as const;
/** So far a row is moved to the right for each mail that it continues. */
const DEPTH_PX = 14;

interface Props {
  readonly rows: readonly ThreadRow[];
  readonly selection: Selection;
  readonly select: (next: Selection) => void;
  /** What a key does that moves nothing; false if it is none of ours. */
  readonly pressed: (event: KeyboardEvent) => boolean;
}

/** Which row a key goes to, as in Thunderbird's list; undefined for a key that goes nowhere. */
function rowAfter(key: string, at: number, rows: readonly ThreadRow[], page: number): number | undefined {
  const last = rows.length - 1;
  const inBounds = (row: number) => Math.max(0, Math.min(last, row));
  const unread = (from: number) => rows.findIndex(({ mail }, row) => row > from && mail.unread);
  switch (key) {
    case "ArrowDown":
    case "f":
      return inBounds(at + 1);
    case "ArrowUp":
    case "b":
      return inBounds(at < 0 ? 0 : at - 1);
    case "PageDown":
      return inBounds(at + page);
    case "PageUp":
      return inBounds(at - page);
    case "Home":
      return 0;
    case "End":
      return last;
    case "n": {
      const next = unread(at);
      const found = next < 0 ? unread(-1) : next;
      return found < 0 ? undefined : found;
    }
    default:
      return undefined;
  }
}

/** The list of messages. */
export function MailRows({ rows, selection, select, pressed }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const at = rows.findIndex(({ mail }) => keyOfMail(mail) === selection.at);
  const order = () => rows.map(({ mail }) => keyOfMail(mail));
  const look = () => {
    const { current } = box;
    if (current !== null) setView({ top: current.scrollTop, height: current.clientHeight });
  };
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const watch = new ResizeObserver(look);
    watch.observe(current);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null || at < 0) return;
    const [top, bottom] = [at * ROW_PX, (at + 1) * ROW_PX];
    if (top < current.scrollTop) current.scrollTop = top;
    else if (bottom > current.scrollTop + current.clientHeight)
      current.scrollTop = bottom - current.clientHeight;
  }, [at]);
  const from = Math.max(0, Math.floor(view.top / ROW_PX) - SPARE_ROWS);
  const to = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW_PX) + SPARE_ROWS);
  return (
    <div
      ref={box}
      class="rows"
      role="listbox"
      aria-label={t("space_messages")}
      aria-multiselectable={true}
      tabIndex={0}
      {...(at >= from && at < to ? { "aria-activedescendant": `row-${at}` } : {})}
      onScroll={look}
      onKeyDown={(event) => {
        const isCommand = event.ctrlKey || event.metaKey;
        if (isCommand && event.key === "a") {
          select(selectAll(selection, order()));
          event.preventDefault();
          return;
        }
        if (isCommand || event.altKey) {
          if (pressed(event)) event.preventDefault();
          return;
        }
        const page = Math.max(1, Math.floor(view.height / ROW_PX) - 1);
        const next = rowAfter(event.key, at, rows, page);
        const row = next === undefined ? undefined : rows[next];
        if (row !== undefined) {
          const name = keyOfMail(row.mail);
          select(event.shiftKey ? selectTo(selection, name, order()) : selectOne(name));
        }
        if (row !== undefined || pressed(event)) event.preventDefault();
      }}
    >
      <div role="presentation" style={{ height: `${rows.length * ROW_PX}px` }}>
        {rows.slice(from, to).map(({ mail, depth }, index) => (
          <Row
            key={keyOfMail(mail)}
            mail={mail}
            depth={depth}
            at={from + index}
            total={rows.length}
            isSelected={selection.names.has(keyOfMail(mail))}
            choose={({ ctrlKey, metaKey, shiftKey }) => {
              const name = keyOfMail(mail);
              if (shiftKey) select(selectTo(selection, name, order()));
              else select(ctrlKey || metaKey ? toggleOne(selection, name) : selectOne(name));
              box.current?.focus();
            }}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps extends ThreadRow {
  readonly at: number;
  readonly total: number;
  readonly isSelected: boolean;
  readonly choose: (event: MouseEvent) => void;
}

function Row({ mail, depth, at, total, isSelected, choose }: RowProps) {
  const { author, unread, doubtful, attachments } = mail;
  const subject = mail.subject === "" ? t("no_subject") : mail.subject;
  const by = author.name ?? author.address;
  const place = {
    top: `${at * ROW_PX}px`,
    height: `${ROW_PX}px`,
    paddingInlineStart: `${10 + depth * DEPTH_PX}px`,
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    <div
      id={`row-${at}`}
      class={unread ? "row unread" : "row"}
      role="option"
      tabIndex={-1}
      aria-selected={isSelected}
      aria-posinset={at + 1}
      aria-setsize={total}
      style={place}
      onClick={choose}
    >
      {/* a screen reader says a row's text: what matters most comes first, and spaces keep the words apart */}
      <span class="dot">
        <span class="unseen">
          {unread && `${t("space_unread")} `}
          {doubtful && `${t("space_doubtful")} `}
        </span>
      </span>
      <bdi class="author">{by}</bdi>{" "}
      <time class="when" dateTime={new Date(mail.date).toISOString()}>
        {shortDate(mail.date)}
      </time>{" "}
      <bdi class="subject">{subject}</bdi>{" "}
      <span class="marks">
        <span aria-hidden="true">
          {doubtful && <span class="doubtful">{t("space_doubtful")} </span>}
          {attachments.length > 0 && "📎"}
        </span>
        {attachments.length > 0 && <span class="unseen">{t("space_files")}</span>}
      </span>
    </div>
  );
}

/** The hour for today, the day for everything else. */
function shortDate(at: number): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? date.toLocaleTimeString(t("lang"), { hour: "2-digit", minute: "2-digit" })
    : date.toLocaleDateString(t("lang"), { year: "2-digit", month: "2-digit", day: "2-digit" });
}
