import type { Check } from "../../../membership/file/check.js";
import type { Answering, DeclaredEvent, EventListening, InputOf } from "./call.js";
import { checkedOutcome, unwrap } from "./outcome.js";

/**
 * Calls over a MessagePort, between a webmail's page (our content script in it) and our frames in that page.
 *
 * Attack: the page can do whatever our content script in it can do, so each side takes the other for the page: what is said and
 * asked is checked by its table, and so are answers, which elsewhere are believed.
 */

/** The page's call to a frame, with a port to speak over, and the frame's answer over that port. */
const [HELLO, READY] = ["listseal-hello", "listseal-ready"] as const;

/** How often a frame is called that does not answer yet, and how long. A busy machine takes seconds to start it. */
const [CALL_MS, PATIENCE_MS] = [250, 30_000] as const;

/**
 * The content script's side: calls a frame of ours until it answers, over a port of its own that the page's scripts never see.
 * QUIRK: Firefox 153 says `load` of a frame of another process before its scripts have run.
 * @param origin of the frame's page
 * @param opened gets the port, once
 * @returns gives up: nobody is called any more, and the port is closed
 */
export function callFrame(
  frame: HTMLIFrameElement,
  origin: string,
  opened: (port: MessagePort) => void,
): () => void {
  let answered: MessagePort | undefined;
  const call = () => {
    const { port1, port2 } = new MessageChannel();
    const hear = ({ data }: MessageEvent<unknown>) => {
      if (answered !== undefined || data !== READY) return;
      answered = port1;
      clearInterval(calling);
      port1.removeEventListener("message", hear);
      opened(port1);
    };
    port1.addEventListener("message", hear);
    port1.start();
    frame.contentWindow?.postMessage(HELLO, origin, [port2]);
  };
  const calling = setInterval(call, CALL_MS);
  setTimeout(() => clearInterval(calling), PATIENCE_MS);
  frame.addEventListener("load", call, { once: true });
  return () => {
    clearInterval(calling);
    answered?.close();
  };
}

/**
 * Our frame's side: the port of the page that it is in, once. Calls of pages that the person has not allowed are dropped
 * without an answer.
 * @param allows whether pages of an origin may speak with us
 */
export function portOfPage(allows: (origin: string) => Promise<boolean>): Promise<MessagePort> {
  return new Promise((resolve) => {
    let taken = false;
    const listener = ({ data, origin, source, ports }: MessageEvent<unknown>) => {
      const [port, more] = ports;
      if (source !== parent || data !== HELLO || port === undefined || more !== undefined) return;
      void allows(origin).then(
        (allowed) => {
          if (!allowed || taken) return;
          taken = true;
          removeEventListener("message", listener);
          port.postMessage(READY);
          resolve(port);
        },
        // the background is not there: the page calls again
        () => undefined,
      );
    };
    addEventListener("message", listener);
  });
}

/** Takes what the other side says. @param once the first message is the only one, whether it fits or not */
export function hearOver(port: MessagePort, hear: EventListening, once = false): void {
  port.addEventListener("message", ({ data }: MessageEvent<unknown>) => void hear(data), { once });
  port.start();
}

/** Says something to the other side. Buffers in `transfer` are moved. */
export function tellOver<T>(port: MessagePort) {
  return <K extends keyof T & string>(
    name: K,
    input: InputOf<T[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): void => port.postMessage({ name, input }, [...transfer]);
}

function idOf(message: unknown): number | undefined {
  if (typeof message !== "object" || message === null || !("id" in message)) return undefined;
  return typeof message.id === "number" ? message.id : undefined;
}

/** Answers what the other side asks. */
export function answerOver(port: MessagePort, answer: Answering<null>): void {
  port.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const id = idOf(data);
    if (id === undefined) return;
    void answer(data, null)?.then((outcome) => port.postMessage({ id, outcome }));
  });
  port.start();
}

/** A table of calls whose answers are checked. */
type CheckedCalls<In, Out> = { readonly [K in keyof In]: DeclaredEvent<In[K]> } & {
  readonly [K in keyof Out]: { readonly output: Check<Out[K]> };
};

/**
 * Asks the other side. There is no limit of time: a webmail may take minutes to upload what it is given, and the person
 * sees that. Throws ListSealError with the code that came, or CheckError for an answer that does not fit.
 */
export function askOver<In, Out>(port: MessagePort, table: CheckedCalls<In, Out>) {
  const outputs: { readonly [K in keyof Out]: { readonly output: Check<Out[K]> } } = table;
  let lastId = 0;
  return <K extends keyof In & keyof Out & string>(
    name: K,
    input: In[K],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Out[K]> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      const id = lastId;
      const hear = ({ data }: MessageEvent<unknown>) => {
        if (idOf(data) !== id || !isAnswer(data)) return;
        port.removeEventListener("message", hear);
        try {
          resolve(unwrap(checkedOutcome(data.outcome, outputs[name].output)));
        } catch (error) {
          reject(error);
        }
      };
      port.addEventListener("message", hear);
      port.start();
      port.postMessage({ id, name, input }, [...transfer]);
    });
}

function isAnswer(data: unknown): data is { readonly outcome: unknown } {
  return typeof data === "object" && data !== null && "outcome" in data;
}
