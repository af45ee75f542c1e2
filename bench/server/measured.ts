/** What a run took. */
export interface Measured {
  /** On the clock. */
  readonly seconds: number;
  /** Processor seconds, of all processes that belong to it. */
  readonly cpu: number;
  /** The most memory that it had, in bytes. */
  readonly memory: number;
}

/** Whether a program's answer has that form. */
export function isMeasured(value: unknown): value is Measured {
  if (typeof value !== "object" || value === null) return false;
  const number = (name: string) =>
    typeof Object.entries(value).find(([key]) => key === name)?.[1] === "number";
  return number("seconds") && number("cpu") && number("memory");
}
