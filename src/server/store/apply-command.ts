/**
 * Carrying out commands: the one place where a command changes something, and where it is written down what is to be told
 * of it. All in one transaction, so that a server that is killed has either done nothing or forgets to tell nobody.
 */
import type { RefusalCode } from "../../membership/file/errors.js";
import { assertTrue, type CommandKey, type VerifiedCommand } from "./authorization.js";
import { type Database, type Script, sql } from "./database.js";
import { lockList } from "./lists.js";
import { sweepSoon } from "./post-pieces.js";
import { type CommandReport, recordAnswer, writeReport } from "./replies.js";

/** What became of a command. */
export type CommandOutcome =
  | { readonly kind: "done" }
  /** it was carried out before; nothing was changed */
  | { readonly kind: "repeat" }
  /** nothing was changed, and the command may be tried again under its id */
  | { readonly kind: "refused"; readonly code: RefusalCode }
  /** refused for good, and remembered: others are told of it (an introduction that is used a second time) */
  | { readonly kind: "told"; readonly code: RefusalCode };

/** Thrown inside a transaction that is to change nothing, not even the memory of the command. */
export class Refused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(code);
    this.code = code;
  }
}

/** What the work of a command came to. */
export interface Effect {
  /** Not done, but remembered and told: an alarm. */
  readonly refused?: RefusalCode;
  readonly report?: CommandReport;
}

/** Nobody besides the asker hears of it. */
export const nothingToReport: Effect = {};

/**
 * Carries a command out, once, holding its list, if its warrant is true. What `work` refuses changes nothing; else the
 * answer and the reports are written down with it.
 *
 * @throws Stale
 */
export type ApplyCommand = (command: VerifiedCommand, work: () => Script<Effect>) => Promise<CommandOutcome>;

/** Carries commands out in `database`. */
export function applyCommandIn(database: Database): ApplyCommand {
  return async (verified, work) => {
    try {
      const outcome = await database.transaction(function* (): Script<CommandOutcome> {
        const { command, warrant } = verified;
        yield* lockList(database, command.listId);
        yield* assertTrue(warrant);
        if (!(yield* remember(command))) return { kind: "repeat" };
        const { refused, report } = yield* work();
        yield* recordAnswer(verified, refused ?? "done");
        if (report !== undefined) yield* writeReport(verified, report);
        return refused === undefined ? { kind: "done" } : { kind: "told", code: refused };
      });
      // of posts that went with it
      await sweepSoon(database);
      return outcome;
    } catch (error) {
      if (error instanceof Refused) return { kind: "refused", code: error.code };
      throw error;
    }
  };
}

/** False if the command was remembered before. */
function* remember({ listId, signer, id, keptUntil }: CommandKey): Script<boolean> {
  const { changes } = yield sql`INSERT INTO requests (list_id, signer, request_id, kept_until)
      VALUES (${listId}, ${signer}, ${id}, ${keptUntil}) ON CONFLICT DO NOTHING`;
  return changes === 1;
}
