import { type Check, CheckError, oneOf } from "../../../membership/file/check.js";
import { ListSealError } from "../../../openpgp/errors.js";
import { codeOf, type ErrorCode, errorCodes } from "../errors.js";

/**
 * How an answer crosses from one part of the add-on to another (worker, background page, pages, scripts): as its value, or as
 * the code of its failure, never as an error object and never with text that could quote a secret or a mail.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode };

/** Runs `work` and gives its value or the code of its failure; never rejects. */
export async function outcomeOf<T>(work: () => Promise<T>, otherwise: ErrorCode): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, code: codeOf(error, otherwise) };
  }
}

/**
 * The value of an outcome that came from another part of the add-on.
 * @throws ListSealError with the code that came across.
 */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new ListSealError(outcome.code, "the other part of the add-on could not do it");
  return outcome.value;
}

/** Whether it is an outcome, of a part of our own: its value has the type that is declared for it. */
export function isOutcome<T>(answer: unknown): answer is Outcome<T> {
  return typeof answer === "object" && answer !== null && "ok" in answer;
}

/** An outcome of a part that can't be believed. @throws CheckError */
export function checkedOutcome<T>(answer: unknown, check: Check<T>): Outcome<T> {
  if (!isOutcome<unknown>(answer)) throw new CheckError("an outcome");
  if (answer.ok === true) return { ok: true, value: check(answer.value) };
  return { ok: false, code: oneOf(...errorCodes)(answer.code) };
}
