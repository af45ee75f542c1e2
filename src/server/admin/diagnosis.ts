/** What `doctor` says of a server. docs/OPERATING.md has a row for each fault, and a test compares the two. */

/** Everything that it can find wrong, by the names in docs/OPERATING.md. */
export const faults = [
  ...(["no-server", "not-running", "killed-by-filter"] as const),
  ...([
    "database-damaged",
    "database-in-use",
    "database-down",
    "database-unusable",
    "disk-low",
    "no-backup",
  ] as const),
  ...(["open-to-others", "server-key-unusable", "clock-behind", "clock-not-set"] as const),
  ...(["no-list-key", "no-owner", "list-paused", "list-missing"] as const),
  ...(["members-suspended", "members-without-key", "mail-not-read"] as const),
  ...(["relay-not-set", "relay-down", "relay-back", "relay-refuses-list"] as const),
  ...(["copies-late", "copies-refused", "copies-refused-all", "copies-without-key"] as const),
  ...(["copies-given-up", "copies-restored", "copies-on-hold", "post-unreadable"] as const),
  ...(["no-mx", "no-spf", "no-dmarc", "smuggling", "certificate-ends"] as const),
];

export type Fault = (typeof faults)[number];

/** `look`: may be as you want it. `WRONG`: mail is lost, refused or readable. */
export interface Diagnosis {
  readonly verdict: "ok" | "look" | "WRONG";
  readonly text: string;
  readonly fault?: Fault;
  /** The command that mends it, or where no command can, what to do. */
  readonly mend?: string;
}

/** All is well. */
export const ok = (text: string): Diagnosis => ({ verdict: "ok", text });
/** It may be as the operator wants it. */
export const look = (fault: Fault, text: string, mend: string): Diagnosis => ({
  verdict: "look",
  text,
  fault,
  mend,
});
/** It has to be mended. */
export const wrong = (fault: Fault, text: string, mend: string): Diagnosis => ({
  verdict: "WRONG",
  text,
  fault,
  mend,
});

/** One or two lines for the screen. */
export function diagnosisLines({ verdict, text, fault, mend }: Diagnosis): readonly string[] {
  const first = `${verdict.padEnd(5)} ${text}`;
  return fault === undefined ? [first] : [first, `      ${fault}: ${mend}`];
}
