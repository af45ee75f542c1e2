import type { MessageKey } from "../../ui/i18n.js";
import type { OverviewAnswer } from "../calls/page-calls.js";

/** What the parts of the options page share: what they show, and how they do something. */
export type Overview = OverviewAnswer;

/** Runs what a form or button asks for; shows `done` or the sentence of the failure, and reads everything anew. */
export type RunAction = (work: () => Promise<unknown>, done: MessageKey | null) => Promise<boolean>;
