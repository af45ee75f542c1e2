import { type Phrase, phrase, t } from "../i18n.js";
import type { OpenedView } from "./view.js";

/**
 * The one line that says what a mail is: words first, colour second. Pure, so that every case can be shown in a test.
 * - `good`: nothing to think about. `note`: true and worth knowing. `warning`: something does not fit.
 */
export interface StateLine {
  readonly tone: "good" | "note" | "warning";
  readonly phrases: readonly Phrase[];
}

type Part = { readonly tone: StateLine["tone"]; readonly phrase: Phrase };

function who({ author }: OpenedView): Part {
  const name = author.name ?? author.address;
  switch (author.standing) {
    case "you":
      return { tone: "good", phrase: phrase("state_from_you") };
    case "owner":
      return { tone: "good", phrase: phrase("state_from_owner", name) };
    case "introduced":
      return { tone: "good", phrase: phrase("state_from_introduced", name) };
    case "confirmed":
      return { tone: "good", phrase: phrase("state_from_confirmed", name) };
    case "reintroduced":
      return { tone: "note", phrase: phrase("state_from_reintroduced", name) };
    case "known":
      return { tone: "note", phrase: phrase("state_from_known", name) };
    case "new":
      return { tone: "note", phrase: phrase("state_from_new", name) };
    case "changed":
      return { tone: "warning", phrase: phrase("state_from_changed", name) };
    case "refused":
      return { tone: "warning", phrase: phrase("state_from_refused", name) };
    case "revoked":
      return { tone: "warning", phrase: phrase("state_from_revoked", name) };
  }
}

function how({ passage }: OpenedView): Part {
  switch (passage.via) {
    case "list":
      return { tone: "good", phrase: phrase("state_through_list") };
    case "list-from-nonmember":
      return { tone: "note", phrase: phrase("state_through_list_nonmember") };
    case "own-copy":
      return { tone: "good", phrase: phrase("state_own_copy") };
    case "unproved":
      return passage.reason === "absent"
        ? { tone: "note", phrase: phrase("state_not_through_list") }
        : {
            tone: "warning",
            phrase: phrase(
              passage.reason === "message-id-reused" ? "state_said_before" : "state_list_word_does_not_fit",
            ),
          };
  }
}

/** The line for an opened mail. */
export function stateLine(view: OpenedView): StateLine {
  const parts: Part[] = [
    { tone: "good", phrase: phrase("state_sealed_for", view.list.name) },
    who(view),
    how(view),
  ];
  if (view.ownKeyEnds !== null) {
    const day = new Date(view.ownKeyEnds).toLocaleDateString(t("lang"), { dateStyle: "long" });
    parts.push({ tone: "note", phrase: phrase("state_own_key_ends", day) });
  }
  if (view.underOldKey) parts.push({ tone: "warning", phrase: phrase("state_under_old_key") });
  if (view.shell === "elsewhere") parts.unshift({ tone: "warning", phrase: phrase("state_foreign_shell") });
  const tones = parts.map(({ tone }) => tone);
  const tone = tones.includes("warning") ? "warning" : tones.includes("note") ? "note" : "good";
  return { tone, phrases: parts.map((part) => part.phrase) };
}

/** A fingerprint in groups of four digits, for comparing by eye and aloud. */
export function groupsOf(fingerprint: string): string {
  return (fingerprint.toUpperCase().match(/.{1,4}/g) ?? []).join(" ");
}
