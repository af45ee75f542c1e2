import { Component } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type IndexedMail, keyOfMail } from "../../mail-index/indexed-mail.js";
import type { ThreadRow } from "../../mail-index/threads.js";
import type { DeliveryCounts } from "../../member/delivery-record.js";
import { deliverySentence } from "../../reading/display/delivery-line.js";
import { say, t } from "../../ui/i18n.js";
import { type Selection, selectAll, selectOne, selectTo, toggleOne } from "./selection.js";

/** The rows of a list: only those that are in sight are in the page, however many there are. */

/** Height of a row, and how many are drawn beyond what is in sight. */
const [ROW_PX, SPARE_ROWS] = [48, 8] as const;
/** So far a row is moved to the right for each mail that it continues. */
const DEPTH_PX = 14;

interface Props {
  readonly rows: readonly ThreadRow[];
  /** What is known of one's own mail that did not reach everybody. */
  readonly undelivered: (mail: IndexedMail) => DeliveryCounts | undefined;
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

/**
 * Which row has this name, looked for from where it was: a key goes to the next one, and what comes moves it by a few.
 * @returns -1 if there is none
 */
function placeOf(name: string | null, rows: readonly ThreadRow[], before: number): number {
  if (name === null) return -1;
  const isAt = (at: number) => {
    const row = rows[at];
    return row !== undefined && keyOfMail(row.mail) === name;
  };
  const from = Math.max(0, Math.min(before, rows.length - 1));
  for (let away = 0; away < rows.length; away += 1) {
    if (isAt(from + away)) return from + away;
    if (isAt(from - away)) return from - away;
  }
  return -1;
}

/** Rows that are in sight: the first, and how many there is room for. */
interface Sight {
  readonly first: number;
  readonly count: number;
}

/** The list of messages. */
export function MailRows({ rows, undelivered, selection, select, pressed }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [{ first, count }, setSight] = useState<Sight>({ first: 0, count: 13 });
  const placed = useRef(-1);
  const at = useMemo(() => placeOf(selection.at, rows, placed.current), [rows, selection.at]);
  placed.current = at;
  const order = () => rows.map(({ mail }) => keyOfMail(mail));
  const look = () => {
    const { current } = box;
    if (current === null) return;
    const now = {
      first: Math.floor(current.scrollTop / ROW_PX),
      count: Math.ceil(current.clientHeight / ROW_PX) + 1,
    };
    setSight((before) => (before.first === now.first && before.count === now.count ? before : now));
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
  const choose = ({ target, ctrlKey, metaKey, shiftKey }: MouseEvent) => {
    const pressedOn = target instanceof Element ? target.closest<HTMLElement>(".row") : null;
    const row = rows[Number(pressedOn?.dataset["at"] ?? Number.NaN)];
    if (row === undefined) return;
    const name = keyOfMail(row.mail);
    if (shiftKey) select(selectTo(selection, name, order()));
    else select(ctrlKey || metaKey ? toggleOne(selection, name) : selectOne(name));
    box.current?.focus();
  };
  const from = Math.max(0, first - SPARE_ROWS);
  const to = Math.min(rows.length, first + count + SPARE_ROWS);
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
      onClick={choose}
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
        const page = Math.max(1, count - 2);
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
            missing={undelivered(mail)}
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
  readonly missing: DeliveryCounts | undefined;
}

/** A row. It is drawn again only when it changes: with each line that is scrolled, most stay as they are. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { mail, depth, at, total, isSelected, missing } = this.props;
    return (
      mail !== next.mail ||
      depth !== next.depth ||
      at !== next.at ||
      total !== next.total ||
      isSelected !== next.isSelected ||
      missing !== next.missing
    );
  }

  override render({ mail, depth, at, total, isSelected, missing }: RowProps) {
    const { author, unread, doubtful, attachments } = mail;
    const subject = mail.subject === "" ? t("no_subject") : mail.subject;
    const notDelivered = missing === undefined ? null : say(deliverySentence(missing));
    const by = author.name ?? author.address;
    const place = {
      top: `${at * ROW_PX}px`,
      height: `${ROW_PX}px`,
      paddingInlineStart: `${10 + depth * DEPTH_PX}px`,
    };
    return (
      <div
        id={`row-${at}`}
        data-at={at}
        class={unread ? "row unread" : "row"}
        role="option"
        tabIndex={-1}
        aria-selected={isSelected}
        aria-posinset={at + 1}
        aria-setsize={total}
        style={place}
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
            {notDelivered !== null && (
              <span class="missed" title={notDelivered}>
                {"⚠\uFE0E "}
              </span>
            )}
            {attachments.length > 0 && "📎"}
          </span>
          {notDelivered !== null && <span class="unseen">{notDelivered} </span>}
          {attachments.length > 0 && <span class="unseen">{t("space_files")}</span>}
        </span>
      </div>
    );
  }
}

let formats: { readonly hour: Intl.DateTimeFormat; readonly day: Intl.DateTimeFormat } | undefined;

/** Made once: making one takes as long as drawing a row. */
function dateFormats() {
  formats ??= {
    hour: new Intl.DateTimeFormat(t("lang"), { hour: "2-digit", minute: "2-digit" }),
    day: new Intl.DateTimeFormat(t("lang"), { year: "2-digit", month: "2-digit", day: "2-digit" }),
  };
  return formats;
}

/** The hour for today, the day for everything else. */
function shortDate(at: number): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return dateFormats()[isToday ? "hour" : "day"].format(date);
}
