/**
 * What an entry for a calendar says (RFC 5545), read by ical.js.
 *
 * Everything in it is its writer's claim, and nothing of it is acted on: no answer is sent, nothing is put into a calendar.
 */
import ICAL from "ical.js";
import { parseAddress } from "./mailbox.js";

/** What an entry is for (RFC 5546). */
export type EntryMethod = "request" | "cancel" | "reply" | "other";

/** A moment as an entry has it. */
export interface EntryTime {
  /** By the clock that the entry means: 2025-06-03T09:00:00, or 2025-06-03 for a whole day. */
  readonly wall: string;
  /** The moment itself; null for a whole day, for a time of wherever one is, and in a zone that the entry does not explain. */
  readonly at: string | null;
  /** The name of a zone that is not known. */
  readonly zone: string | null;
}

/** One event. */
export interface CalendarEvent {
  /** The same for every mail about the same state of the event. */
  readonly id: string;
  readonly title: string;
  readonly place: string;
  readonly description: string;
  readonly start: EntryTime | null;
  /** Its end; a whole day is the first that is free again. */
  readonly end: EntryTime | null;
  readonly isRepeated: boolean;
  readonly organizer: { readonly name: string; readonly address: string } | null;
}

/** What an entry says. */
export interface CalendarEntry {
  readonly method: EntryMethod;
  readonly events: readonly CalendarEvent[];
}

/** Octets that are read. Attack: a calendar of megabytes keeps the reader waiting. An invitation has a few thousand. */
const MAX_OCTETS = 200_000;
/** Events that are shown; a whole calendar is a file. */
const MAX_EVENTS = 10;
/** Characters of a description. */
const MAX_DESCRIPTION = 4_000;
const MAX_FIELD = 500;

const methods: readonly EntryMethod[] = ["request", "cancel", "reply"];

/** Reads an entry. @returns undefined for one that can't be read, or that has no event */
export function readCalendarEntry(bytes: Uint8Array): CalendarEntry | undefined {
  if (bytes.length > MAX_OCTETS) return undefined;
  try {
    const calendar = new ICAL.Component(ICAL.parse(new TextDecoder().decode(bytes)));
    if (calendar.name !== "vcalendar") return undefined;
    const said = String(calendar.getFirstPropertyValue("method") ?? "").toLowerCase();
    const events = calendar.getAllSubcomponents("vevent").slice(0, MAX_EVENTS).map(eventOf);
    return events.length === 0
      ? undefined
      : { method: methods.find((method) => method === said) ?? "other", events };
  } catch {
    // the library throws what it likes; the entry is a file then
    return undefined;
  }
}

function eventOf(component: ICAL.Component): CalendarEvent {
  const event = new ICAL.Event(component);
  const text = (name: string, most = MAX_FIELD) =>
    String(component.getFirstPropertyValue(name) ?? "").slice(0, most);
  const has = (name: string) => component.getFirstProperty(name) !== null;
  return {
    id: JSON.stringify(["uid", "sequence", "recurrence-id"].map((name) => text(name))),
    title: text("summary"),
    place: text("location"),
    description: text("description", MAX_DESCRIPTION).trim(),
    start: has("dtstart") ? timeOf(event.startDate, component, "dtstart") : null,
    end: has("dtend") || has("duration") ? timeOf(event.endDate, component, "dtend") : null,
    isRepeated: has("rrule") || has("rdate"),
    organizer: organizerOf(component),
  };
}

function timeOf(time: ICAL.Time, component: ICAL.Component, name: string): EntryTime {
  const property = component.getFirstProperty(name) ?? component.getFirstProperty("dtstart");
  const said = property?.getParameter("tzid");
  const isFloating = time.zone === null || time.zone.tzid === "floating";
  const wall = time.toString().replace(/Z$/, "");
  if (time.isDate) return { wall, at: null, zone: null };
  if (isFloating)
    return { wall, at: null, zone: said === undefined ? null : String(said).slice(0, MAX_FIELD) };
  return { wall, at: time.toJSDate().toISOString(), zone: null };
}

function organizerOf(component: ICAL.Component): CalendarEvent["organizer"] {
  const property = component.getFirstProperty("organizer");
  const value = String(property?.getFirstValue() ?? "").replace(/^mailto:/i, "");
  try {
    return {
      name: String(property?.getParameter("cn") ?? "").slice(0, MAX_FIELD),
      address: parseAddress(value),
    };
  } catch {
    return null;
  }
}
