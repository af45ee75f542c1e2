/** Counts what else a process could have done. */

/** Turns of the event loop until `work` is done: what else could have been answered meanwhile. */
export async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const end = work.finally(() => {
    done = true;
  });
  const turn = () => {
    turns += 1;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await end;
  return turns;
}
