import { type Phrase, phrase, t } from "../../ui/i18n.js";
import { NAME_LIMIT, presentable, quotableName } from "../untrusted-text.js";
import type { OpenedView, Remark } from "../view.js";

/**
 * The one line that says what a mail is: words first, colour second. Pure, so that every case can be shown in a test.
 * - `good`: nothing to think about. `note`: true and worth knowing. `warning`: something does not fit.
 */
export interface StateLine {
  readonly tone: "good" | "note" | "warning";
  readonly phrases: readonly Phrase[];
}

type Part = { readonly tone: StateLine["tone"]; readonly phrase: Phrase };

/** What is known of an author, in words. */
export function standingPart(author: OpenedView["author"]): Part {
  // the address is certified; the name is what they call themselves, and might say anything, also what is here
  const called = quotableName(author.name);
  const name = called === null ? author.address : t("state_author", author.address, called);
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

function remarked(remark: Remark): Part {
  switch (remark.kind) {
    case "outer-subject":
      return { tone: "warning", phrase: phrase("state_outer_subject") };
    case "outer-from":
      return { tone: "warning", phrase: phrase("state_outer_from") };
    case "sent-again":
      return { tone: "note", phrase: phrase("state_sent_again") };
    case "same-name":
      return { tone: "warning", phrase: phrase("state_same_name", remark.address) };
  }
}

/** What does not fit, in words. */
export const remarkPhrase = (remark: Remark): Phrase => remarked(remark).phrase;

/** The line for an opened mail. */
export function stateLine(view: OpenedView): StateLine {
  const parts: Part[] = [
    { tone: "good", phrase: phrase("state_sealed_for", presentable(view.list.name, NAME_LIMIT)) },
    standingPart(view.author),
    how(view),
  ];
  if (view.ownKeyEnds !== null) {
    const day = new Date(view.ownKeyEnds).toLocaleDateString(t("lang"), { dateStyle: "long" });
    parts.push({ tone: "note", phrase: phrase("state_own_key_ends", day) });
  }
  for (const remark of view.remarks ?? []) parts.push(remarked(remark));
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
