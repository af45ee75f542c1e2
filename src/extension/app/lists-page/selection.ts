/** Which messages of a list are selected, as in Thunderbird's own list. Pure; messages are named as their records are. */

export interface Selection {
  /** Where the keyboard is; null if it is nowhere yet. */
  readonly at: string | null;
  /** Where a range begins. */
  readonly anchor: string | null;
  readonly names: ReadonlySet<string>;
}

/** Nothing. */
export const noSelection: Selection = { at: null, anchor: null, names: new Set() };

/** This one alone. */
export const selectOne = (name: string): Selection => ({ at: name, anchor: name, names: new Set([name]) });

/** This one beside the others, or not any more. */
export function toggleOne({ names }: Selection, name: string): Selection {
  const next = new Set(names);
  if (!next.delete(name)) next.add(name);
  return { at: name, anchor: name, names: next };
}

/** Everything from where the range begins to this one. @param order names of all rows, from top to bottom */
export function selectTo({ anchor, at }: Selection, name: string, order: readonly string[]): Selection {
  const start = anchor ?? at ?? name;
  const [from, to] = [order.indexOf(start), order.indexOf(name)].sort((one, other) => one - other);
  if (from === undefined || from < 0 || to === undefined) return selectOne(name);
  return { at: name, anchor: start, names: new Set(order.slice(from, to + 1)) };
}

/** Everything. @param order as for {@link selectTo} */
export const selectAll = ({ at, anchor }: Selection, order: readonly string[]): Selection => ({
  at: at ?? order[0] ?? null,
  anchor: anchor ?? order[0] ?? null,
  names: new Set(order),
});
