import { type Checked, object, only, recordOf, text } from "../../membership/file/check.js";
import { recordInBlocks } from "./record-in-blocks.js";
import { type Migrations, migrate } from "./stored.js";

/**
 * What sealing a notice to members needs of their certificates, for each list. A record of its own, in no backup: it is worked out
 * again where it is missing.
 */

const target = object<{
  /** Base64. */
  readonly key: string;
  /** Base64. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly freshUntil: string;
}>({ key: text, fingerprint: text, freshUntil: text });

/** Of one list, by SHA-256 of the armored certificate: another certificate of the same member has a target of its own. */
export type ListTargets = Readonly<Record<string, Checked<typeof target>>>;

/** Raise it with each change of {@link NoticeTargets}, and add the step to {@link noticeTargetsMigrations}. */
export const NOTICE_TARGETS_VERSION = 2;

export interface NoticeTargets {
  readonly version: typeof NOTICE_TARGETS_VERSION;
  readonly lists: Readonly<Record<string, ListTargets>>;
}

const record = object<{ readonly [K in keyof NoticeTargets]: NoticeTargets[K] }>({
  version: only(NOTICE_TARGETS_VERSION),
  lists: recordOf(recordOf(target)),
});

/** Version 2 is the same; those of large lists lie in blocks beside it (`record-in-blocks.ts`), which no earlier one can read. */
export const noticeTargetsMigrations: Migrations = { 1: (raw) => raw };

/** @throws CheckError if it is damaged, or made by a newer version of the add-on */
export function readNoticeTargets(value: unknown): NoticeTargets {
  return value === undefined
    ? { version: NOTICE_TARGETS_VERSION, lists: {} }
    : record(migrate(value, NOTICE_TARGETS_VERSION, noticeTargetsMigrations));
}

export const noticeTargets = recordInBlocks("listseal-notice-targets", readNoticeTargets);
