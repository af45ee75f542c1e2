/** The questions before sending, by name: what each is about. The rules are in `guards.ts`. */
export const guardNames = [
  /** Sealed, and others than the list are among the recipients: they would get what they can't open. */
  "other-recipients",
  /** Sealed, and in Bcc: those would get what they can't open, and nobody sees that they got it. */
  "bcc",
  /** The words speak of a file, and none is attached. */
  "missing-attachment",
  /** Not sealed, and the list is a recipient. */
  "clear-to-list",
  /** Not sealed, and a recipient's address or name is almost that of the list. */
  "almost-list",
  /** Not sealed, and a recipient is a list of the address book, in which a sealed list may be. */
  "address-book-list",
  /** Not sealed, and it quotes what came sealed. */
  "sealed-quote",
  /** Sealed for a list, and it quotes what came sealed from another. */
  "other-list-quote",
] as const;

export type GuardName = (typeof guardNames)[number];

/** Which guards ask. */
export type GuardSwitches = Readonly<Record<GuardName, boolean>>;

/** One question, and what it is about. */
export type Question =
  | { readonly kind: "other-recipients" | "bcc" | "address-book-list"; readonly others: readonly string[] }
  /** `word`: the one that speaks of a file. */
  | { readonly kind: "missing-attachment"; readonly word: string }
  | { readonly kind: "clear-to-list" }
  /** `typed`: what is there. `list`: the address that it is almost. */
  | { readonly kind: "almost-list"; readonly typed: string; readonly list: string }
  | { readonly kind: "sealed-quote" }
  /** `from`: the list whose mail is quoted. */
  | { readonly kind: "other-list-quote"; readonly from: string };
