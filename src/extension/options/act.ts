import type { MessageKey } from "../i18n.js";

export type { Overview } from "../messaging.js";

/** Runs what a form or button asks for; shows `done` or the sentence of the failure, and reads everything anew. */
export type Act = (work: () => Promise<unknown>, done: MessageKey | null) => Promise<boolean>;
