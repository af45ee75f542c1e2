/**
 * Keeps the event page alive while work runs. Elsewhere there is nothing to do: a page that a person looks at stays.
 *
 * QUIRK: Thunderbird 153 stops an event page after 30 s without an API call although its promises are pending;
 * an `onBeforeSend` that dies this way leaves the compose window locked for good. Any API call starts the 30 s again.
 */
const PULSE_MS = 1_000;

let callHost: (() => void) | undefined;

/** Says which API call begins the time again. Call it in the event page's root; without it nobody is kept awake. */
export function keepAwakeBy(call: () => void): void {
  callHost = call;
}

let holders = 0;
let pulse: ReturnType<typeof setInterval> | undefined;

/** Keeps the page awake until the returned function is called. Calling it twice does nothing more. */
export function stayAwake(): () => void {
  holders += 1;
  if (callHost !== undefined) pulse ??= setInterval(callHost, PULSE_MS);
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    holders -= 1;
    if (holders === 0) {
      clearInterval(pulse);
      pulse = undefined;
    }
  };
}

/** Runs `work` and keeps the page awake until it has settled. */
export async function awake<T>(work: () => Promise<T>): Promise<T> {
  const release = stayAwake();
  try {
    return await work();
  } finally {
    release();
  }
}
