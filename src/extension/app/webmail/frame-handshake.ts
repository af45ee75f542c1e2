import { isAllowed } from "../../platform/background-rpc.js";
import type { Check } from "../../platform/check.js";
import { HELLO, READY } from "./frame-messages.js";

/**
 * Our frame's side of the page that it stands in. The first message that fits is the only one: what is shown can't be
 * changed under a person's eyes, and a frame can't be used as an oracle that is asked again and again.
 */

/** What came, and the way back. */
export interface Embedded<M> {
  readonly message: M;
  readonly port: MessagePort;
}

/**
 * Waits for what the page hands in. Calls of pages that the person has not allowed are dropped without an answer.
 * Never resolves if what comes first does not fit.
 */
export function embedded<M>(check: Check<M>): Promise<Embedded<M>> {
  return new Promise((resolve) => {
    let taken = false;
    const listener = ({ data, origin, source, ports }: MessageEvent<unknown>) => {
      const [port, more] = ports;
      if (source !== parent || data !== HELLO || port === undefined || more !== undefined) return;
      void isAllowed(origin).then(
        (allowed) => {
          if (!allowed || taken) return;
          taken = true;
          removeEventListener("message", listener);
          port.addEventListener("message", (event) => resolve({ message: check(event.data), port }), {
            once: true,
          });
          port.start();
          port.postMessage(READY);
        },
        // the background is not there: the page calls again
        () => undefined,
      );
    };
    addEventListener("message", listener);
  });
}
