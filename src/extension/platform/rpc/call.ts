import { type Check, CheckError } from "../../../membership/file/check.js";
import { ListSealError } from "../../../openpgp/errors.js";
import { AddonError } from "../errors.js";
import { isOutcome, type Outcome, outcomeOf, unwrap } from "./outcome.js";

/**
 * Calls between pages, scripts, frames and the background of the add-on. A call is declared once, as a line of a table:
 *
 * ```ts
 * export const keyCalls = {
 *   "key:unlock": call(object({ fingerprint: text, passphrase: text })).gives<null>(),
 * };
 * ```
 *
 * Who asks has its types from there (`Caller<typeof keyCalls>`), and so has who answers (`HandlersOf<typeof keyCalls>`), whose
 * input is checked by it. How a call crosses is the transport's: `bridge.ts` (our own pages in Thunderbird), `messages.ts`
 * (scripts, mail pages, frames), `frame-port.ts` (a webmail's page and our frames in it); in a browser a page does its own
 * calls (`app/browser/local-calls.ts`). Tables are in `app/calls/`.
 *
 * Who may ask is decided by what the browser says of the sender (`senders.ts`), never by what the sender says of itself.
 */

/** Something that is said to another part of the add-on, which gives no answer. */
export interface DeclaredEvent<In> {
  readonly input: Check<In>;
}

/** Something that is asked of another part of the add-on. */
export interface DeclaredCall<In, Out> extends DeclaredEvent<In> {
  /** The check of the answer; null where the other side is our own, and compiled against the same table. */
  readonly output: Check<Out> | null;
}

/** A call whose answer is checked: the other side may be somebody else's. */
export interface CheckedCall<In, Out> extends DeclaredCall<In, Out> {
  readonly output: Check<Out>;
}

/** Declares what is said and not answered. */
export function told<In>(input: Check<In>): DeclaredEvent<In> {
  return { input };
}

/** Declares a call: `call(input).gives<Output>()`, or `call(input).checked(output)`. */
export function call<In>(input: Check<In>): {
  gives<Out>(): DeclaredCall<In, Out>;
  checked<Out>(output: Check<Out>): CheckedCall<In, Out>;
} {
  return { gives: () => ({ input, output: null }), checked: (output) => ({ input, output }) };
}

/** What a line of a table takes. */
export type InputOf<D> = D extends DeclaredEvent<infer In> ? In : never;
/** What a line of a table gives. */
export type OutputOf<D> = D extends DeclaredCall<unknown, infer Out> ? Out : never;

/** Asks by a table, from the other side of its transport. Throws ListSealError alone. */
export type Caller<T> = <K extends keyof T & string>(
  name: K,
  input: InputOf<T[K]>,
) => Promise<OutputOf<T[K]>>;

/** Answers a table. `Who`: what its handlers are told of who asks, as the transport knows it; without it they are told nothing. */
export type HandlersOf<T, Who = never> = {
  readonly [K in keyof T]: (
    input: InputOf<T[K]>,
    ...who: [Who] extends [never] ? [] : [who: Who]
  ) => Promise<OutputOf<T[K]>>;
};

/** A table by its types: inferred from the table itself. */
export type Calls<In, Out> = { readonly [K in keyof In]: DeclaredEvent<In[K]> } & {
  readonly [K in keyof Out]: { readonly output: Check<Out[K]> | null };
};
type Answers<In, Out, Who> = {
  readonly [K in keyof In & keyof Out]: (input: In[K], who: Who) => Promise<Out[K]>;
};

/** What crosses. */
export interface CallMessage {
  readonly name: string;
  readonly input: unknown;
}

/** Whether anything that came is a call of some table. */
function isCallMessage(value: unknown): value is CallMessage {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "input" in value
  );
}

/** An answer to who may not ask, or to what is no call. */
export const foreignCaller: Outcome<never> = { ok: false, code: "foreign-caller" };

/** Answers what comes over a transport: undefined if it is no call of the table. `who` undefined: they may not ask. */
export type Answering<Who> = (
  message: unknown,
  who: Who | undefined,
) => Promise<Outcome<unknown>> | undefined;

/**
 * Answers the calls of a table.
 * @param handlers loads them, with the first call
 */
export function answering<In, Out, Who = null>(
  table: Calls<In, Out>,
  handlers: () => Promise<Answers<In, Out, Who>>,
): Answering<Who> {
  const isName = (name: PropertyKey): name is keyof In & keyof Out => Object.hasOwn(table, name);
  const inputs: { readonly [K in keyof In]: DeclaredEvent<In[K]> } = table;
  const run = async <K extends keyof In & keyof Out>(name: K, input: unknown, who: Who): Promise<Out[K]> => {
    const loaded = await handlers();
    return loaded[name](inputs[name].input(input), who);
  };
  return (message, who) => {
    if (!isCallMessage(message) || !isName(message.name)) return undefined;
    const { name, input } = message;
    return who === undefined
      ? Promise.resolve(foreignCaller)
      : outcomeOf(() => run(name, input, who), "worker-failed");
  };
}

/** Takes what is said over a transport: false if it is no word of the table, or none that fits. */
export type EventListening = (message: unknown) => boolean;

/** Takes the words of a table. */
export function listenTo<In>(
  table: { readonly [K in keyof In]: DeclaredEvent<In[K]> },
  handlers: { readonly [K in keyof In]: (input: In[K]) => void },
): EventListening {
  const isName = (name: PropertyKey): name is keyof In => Object.hasOwn(table, name);
  const take = <K extends keyof In>(name: K, input: unknown) => handlers[name](table[name].input(input));
  return (message) => {
    if (!isCallMessage(message) || !isName(message.name)) return false;
    try {
      take(message.name, message.input);
      return true;
    } catch (error) {
      if (error instanceof CheckError) return false;
      throw error;
    }
  };
}

/**
 * Asks over a transport whose other side is our own.
 * @param send gives the outcome as it came back
 * @param answerMs an answer that takes longer will not come
 */
export function caller<T>(send: (message: CallMessage) => Promise<unknown>, answerMs: number): Caller<T> {
  return async <K extends keyof T & string>(name: K, input: InputOf<T[K]>): Promise<OutputOf<T[K]>> => {
    const answer = await inTime(name, send({ name, input }), answerMs);
    if (!isOutcome<OutputOf<T[K]>>(answer)) throw new AddonError("worker-failed", `no answer to ${name}`);
    return unwrap(answer);
  };
}

/** @throws ListSealError `timed-out`; `worker-failed` if the transport has nobody on its other side */
async function inTime(name: string, answer: Promise<unknown>, answerMs: number): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AddonError("timed-out", `no answer to ${name}`)), answerMs);
  });
  try {
    return await Promise.race([answer, late]);
  } catch (cause) {
    throw cause instanceof ListSealError
      ? cause
      : new AddonError("worker-failed", `no answer to ${name}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
