import type { CalendarEntry, CalendarEvent, EntryMethod, EntryTime } from "../../../mail/calendar-entry.js";
import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import { NAME_LIMIT, presentable, SUBJECT_LIMIT } from "../untrusted-text.js";
import { personIn } from "./person-words.js";

/** An entry for a calendar, in words. The file is among the attachments, for the calendar. */

const headings: Readonly<Record<EntryMethod, (title: string) => string>> = {
  request: (title) => t("entry_request", title),
  cancel: (title) => t("entry_cancel", title),
  reply: (title) => t("entry_reply", title),
  other: (title) => t("entry_other", title),
};

/** What a calendar would show of it. */
export function entryView({ method, events }: CalendarEntry): HTMLElement {
  return element(
    "section",
    { class: "inside entry" },
    ...events.flatMap((event) => {
      const title = presentable(event.title, SUBJECT_LIMIT);
      const named = title === "" ? t("entry_no_title") : title;
      return [element("h2", { dir: "auto" }, headings[method](named)), rowsOf(event)];
    }),
  );
}

function rowsOf(event: CalendarEvent): HTMLElement {
  const { organizer, place, description, isRepeated } = event;
  const when = whenOf(event);
  const who =
    organizer === null
      ? ""
      : personIn({ name: presentable(organizer.name, NAME_LIMIT), address: organizer.address });
  const rows: readonly (readonly [string, string])[] = [
    [t("entry_when"), isRepeated && when !== "" ? t("entry_repeats", when) : when],
    [t("entry_where"), presentable(place, SUBJECT_LIMIT)],
    [t("entry_organizer"), who],
    [t("entry_description"), description],
  ];
  const list = element("dl", {});
  for (const [term, value] of rows) {
    if (value !== "")
      list.append(element("dt", {}, term), element("dd", { class: "text", dir: "auto" }, value));
  }
  return list;
}

const DAY_MS = 86_400_000;

/** From when to when: by the reader's clock where the moment is known, else by the clock that the entry means. */
function whenOf({ start, end }: CalendarEvent): string {
  if (start === null) return "";
  const isDay = !start.wall.includes("T");
  const from = momentOf(start);
  const to = end === null ? from : new Date(momentOf(end).getTime() - (isDay ? DAY_MS : 0));
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return "";
  const inZone = start.at === null ? { timeZone: "UTC" } : {};
  const day = new Intl.DateTimeFormat(t("lang"), { dateStyle: "full", ...inZone });
  const whole = new Intl.DateTimeFormat(t("lang"), { dateStyle: "full", timeStyle: "short", ...inZone });
  const hour = new Intl.DateTimeFormat(t("lang"), { timeStyle: "short", ...inZone });
  const isSameDay = day.format(from) === day.format(to);
  const [first, last] = isDay
    ? [day.format(from), isSameDay ? "" : day.format(to)]
    : [whole.format(from), isSameDay ? hour.format(to) : whole.format(to)];
  // an end before the start is no range
  const words = to > from && last !== "" ? `${first} – ${last}` : first;
  return start.zone === null ? words : `${words} (${presentable(start.zone, NAME_LIMIT)})`;
}

/** As if it were UTC where only the clock is known; it is written in UTC as well. */
const momentOf = ({ at, wall }: EntryTime): Date =>
  new Date(at ?? (wall.includes("T") ? `${wall}Z` : `${wall}T00:00:00Z`));
