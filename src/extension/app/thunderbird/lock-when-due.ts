import { ask } from "../calls/mail-calls.js";

/**
 * Has the keys lock in time while opened mail is on the screen. The event page sleeps, and its timers end with it; whoever
 * shows opened text asks it when the time may be over. What the locking then does is told to all who show something.
 */
export function askWhenDue(name: "due" | "mail:due"): void {
  void ask(name, null).then(
    ({ inMs }) => {
      if (inMs !== null) setTimeout(() => askWhenDue(name), inMs);
    },
    () => undefined,
  );
}
