/** One line of a benchmark's result, and how the lines are shown. */

/** A comparison. All units are costs (time, memory): less is better, a ratio below 1 is in our favour. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** null: the peer is not installed, and `peerName` says so. */
  readonly peer: number | null;
  readonly peerName: string;
  /** ours / peer; null without a peer. */
  readonly ratio: number | null;
  /** The ratio that we want at most; null where there is no goal and the figure is for information. */
  readonly goal: number | null;
  /** Whether the goal is met; null without a goal or without a peer. */
  readonly met: boolean | null;
}

/** What `npm run bench` was asked for. */
export interface Options {
  /** Also what takes long. */
  readonly full: boolean;
  /** Only these parts of a section that is made of parts; none: all of them. */
  readonly parts: readonly string[];
}

/** A peer's figure: a number, or nothing because the program is not installed. */
export interface PeerFigure {
  readonly name: string;
  readonly value: number | undefined;
  readonly goal?: number;
}

/** Makes a row for each peer. A peer that is not installed is named as missing, not left out. */
export function compare(
  name: string,
  unit: string,
  ours: number,
  peers: readonly PeerFigure[],
): readonly Row[] {
  return peers.map(({ name: peerName, value, goal = null }) => {
    const ratio = value === undefined ? null : ours / value;
    return {
      name,
      unit,
      ours,
      peer: value ?? null,
      peerName: value === undefined ? `${peerName} (not installed)` : peerName,
      ratio,
      goal,
      met: goal === null || ratio === null ? null : ratio <= goal,
    };
  });
}

/** The rows as a table, ratios first. */
export function table(rows: readonly Row[]): string {
  const head = ["ratio", "goal", "", "ours", "peer", "unit", "what", "against"];
  const lines = rows.map((row) => [
    row.ratio === null ? "-" : ratioText(row.ratio),
    row.goal === null ? "" : `≤ ${ratioText(row.goal)}`,
    row.met === null ? "" : row.met ? "met" : "NOT MET",
    figure(row.ours),
    row.peer === null ? "-" : figure(row.peer),
    row.unit,
    row.name,
    row.peerName,
  ]);
  const widths = head.map((text, i) => Math.max(text.length, ...lines.map((line) => line[i]?.length ?? 0)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((text, i) => (i < 5 ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** 1.23, and 1/45 where we take a small part of what the peer takes. */
function ratioText(ratio: number): string {
  if (ratio === 0) return "0";
  return ratio < 0.2 ? `1/${(1 / ratio).toFixed(ratio < 0.1 ? 0 : 1)}` : ratio.toFixed(2);
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
