import { type Checked, listOf, object, oneOf, only, orNull, text } from "../../membership/file/check.js";
import { type CommandName, commandNames } from "../../membership/request/command-names.js";
import { type ErrorCode, errorCodes } from "../platform/errors.js";
import { keptRecord } from "../records/storage.js";
import { type Migrations, migrate } from "../records/stored.js";

/**
 * Requests that wait for their answer, and the last ones that had it. A record of its own, in no backup: another device
 * has not asked.
 */

/** How a request's mail stands. */
export const sendings = ["unsent", "outbox", "sent", "by-hand"] as const;

const pendingRequest = object<{
  readonly id: string;
  readonly do: CommandName;
  readonly list: string;
  readonly about: string | null;
  readonly requestAddress: string;
  readonly server: string;
  readonly from: string;
  readonly key: string;
  readonly sealed: string;
  readonly askedAt: string;
  readonly sending: (typeof sendings)[number];
  readonly failure: ErrorCode | null;
}>({
  id: text,
  do: oneOf(...commandNames),
  list: text,
  about: orNull(text),
  requestAddress: text,
  server: text,
  from: text,
  key: text,
  sealed: text,
  askedAt: text,
  sending: oneOf(...sendings),
  failure: orNull(oneOf(...errorCodes)),
});

/**
 * A request without an answer yet.
 * - `do`, `about`: what was asked for, and of whom or what it speaks (an address), for showing it.
 * - `requestAddress`: where it goes; `server`: the certificate (base64) that the answer has to be signed by.
 * - `from`, `key`: the asker's address, and the fingerprint of the member key that the answer is sealed to.
 * - `sealed`: the mail's one part (base64). Sent again it is the same request: it is carried out once and answered again.
 * - `sending`: `unsent` (then `failure` says why), `outbox` (Thunderbird sends it when it is online), `by-hand` (the person
 *   has to send it), or `sent`.
 */
export type PendingRequest = Checked<typeof pendingRequest>;

/** A request as a page shows it. */
export type RequestSummary = Pick<
  PendingRequest,
  "id" | "do" | "list" | "about" | "askedAt" | "sending" | "failure"
>;

export function summaryOfRequest(request: PendingRequest): RequestSummary {
  const { id, do: name, list, about, askedAt, sending, failure } = request;
  return { id, do: name, list, about, askedAt, sending, failure };
}

const answered = object<{
  readonly id: string;
  readonly do: CommandName;
  readonly list: string;
  readonly server: string;
  readonly refused: ErrorCode | null;
}>({
  id: text,
  do: oneOf(...commandNames),
  list: text,
  server: text,
  refused: orNull(oneOf(...errorCodes)),
});

/** A request that was answered: its answer may be looked at again. `refused`: why the server did nothing. */
export type AnsweredRequest = Checked<typeof answered>;

/** Answered ones that are remembered; the oldest are forgotten first. */
const ANSWERED_LIMIT = 200;

/** Raise it with each change of {@link Requests}, and add the step to {@link requestsMigrations}. */
export const REQUESTS_VERSION = 1;

/** What is kept of requests. */
export interface Requests {
  readonly version: typeof REQUESTS_VERSION;
  readonly pending: readonly PendingRequest[];
  readonly answered: readonly AnsweredRequest[];
  /** Reports that were told already, by request and event. */
  readonly reported: readonly string[];
}

const noRequests: Requests = { version: REQUESTS_VERSION, pending: [], answered: [], reported: [] };

const requests = object<{ readonly [K in keyof Requests]: Requests[K] }>({
  version: only(REQUESTS_VERSION),
  pending: listOf(pendingRequest),
  answered: listOf(answered),
  reported: listOf(text),
});

/** Version 1 is the first: nothing to migrate yet. */
export const requestsMigrations: Migrations = {};

/**
 * Reads what storage gave, of any version that was ever released.
 * @param value undefined for a fresh start
 * @throws CheckError if it is damaged, or made by a newer version of the add-on: it is left untouched then
 */
export function readRequests(value: unknown): Requests {
  return value === undefined ? noRequests : requests(migrate(value, REQUESTS_VERSION, requestsMigrations));
}

const kept = keptRecord("requests", readRequests);

/** @throws ListSealError `storage-failed` */
export const loadRequests = kept.load;

/** Keeps a request, in place of an older state of the same one. */
export function keepPending(request: PendingRequest): Promise<PendingRequest> {
  return kept.update((before) => ({
    stored: { ...before, pending: [...before.pending.filter(({ id }) => id !== request.id), request] },
    result: request,
  }));
}

/** Forgets a request that waits. Its answer, if one comes, is then nobody's. */
export function forgetPending(id: string): Promise<void> {
  return kept.update((before) => ({
    stored: { ...before, pending: before.pending.filter((one) => one.id !== id) },
    result: undefined,
  }));
}

/** Moves a request from the waiting to the answered ones. */
export function noteAnswered(
  { id, do: name, list, server }: PendingRequest,
  refused: ErrorCode | null,
): Promise<void> {
  return kept.update((before) => ({
    stored: {
      ...before,
      pending: before.pending.filter((one) => one.id !== id),
      answered: [...before.answered, { id, do: name, list, server, refused }].slice(-ANSWERED_LIMIT),
    },
    result: undefined,
  }));
}

/** What the server refused last of what was asked about a list; null once something else was answered, or it was read. */
export function lastRefusal(
  { answered: all }: Requests,
  list: string,
): { readonly do: CommandName; readonly code: ErrorCode } | null {
  const last = all.findLast((one) => one.list === list);
  return last === undefined || last.refused === null ? null : { do: last.do, code: last.refused };
}

const reportName = (request: string, event: string): string => `${request} ${event}`;

/** Whether a report was noted before. */
export function wasReported({ reported }: Requests, request: string, event: string): boolean {
  return reported.includes(reportName(request, event));
}

/** Notes a report that was taken, so that its mail, seen again, tells nothing again. */
export function noteReport(request: string, event: string): Promise<void> {
  return kept.update((before) => ({
    stored: wasReported(before, request, event)
      ? before
      : { ...before, reported: [...before.reported, reportName(request, event)].slice(-ANSWERED_LIMIT) },
    result: undefined,
  }));
}
