/**
 * Has the keys lock in time while opened mail is on the screen. The event page sleeps, and its timers end with it; whoever
 * shows opened text asks it (`due`) when the time may be over. What the locking then does is told to all who show something.
 */
export function askWhenDue(due: () => Promise<{ readonly inMs: number | null }>): void {
  void due().then(
    ({ inMs }) => {
      if (inMs !== null) setTimeout(() => askWhenDue(due), inMs);
    },
    () => undefined,
  );
}
