import type { Incoming, SealedAgainState } from "../../requests/incoming.js";
import { sentenceKey } from "../../ui/failure.js";
import { type MessageKey, type Phrase, phrase } from "../../ui/i18n.js";
import { deliverySentence } from "./delivery-line.js";

/** What is said in place of an answer, notice or receipt. Pure, so that every case can be shown in a test. */
export interface IncomingLine {
  readonly tone: "good" | "note" | "warning";
  readonly title: Phrase;
  readonly text: Phrase;
}

export function incomingLine(arrived: Incoming): IncomingLine {
  switch (arrived.kind) {
    case "answer":
      return answerLine(arrived);
    case "report":
      return reportLine(arrived);
    case "own-post":
      return ownPostLine(arrived);
    case "delivery":
      return {
        tone: arrived.waiting + arrived.failed === 0 ? "good" : "warning",
        title: phrase("arrived_post_title", arrived.list),
        text: deliverySentence(arrived),
      };
    case "notice":
      return { tone: "good", title: phrase("arrived_notice_title", arrived.list), text: newsOf(arrived) };
    case "old-notice":
      return {
        tone: "note",
        title: phrase("arrived_old_notice_title"),
        text: phrase("arrived_old_notice_text"),
      };
    case "receipt":
      return {
        tone: "good",
        title: phrase("arrived_receipt_title", arrived.list),
        text: phrase("arrived_receipt_text", arrived.by),
      };
    case "not-for-me":
      return { tone: "note", title: phrase("not_for_me_title"), text: phrase("not_for_me_text") };
    case "locked":
      return { tone: "note", title: phrase("locked_title"), text: phrase("error_key_locked") };
    case "refused":
      return {
        tone: "warning",
        title: phrase("arrived_unusable_title"),
        text: { key: sentenceKey(arrived.code), parts: [] },
      };
  }
}

function answerLine({
  list,
  do: asked,
  result,
}: Extract<Incoming, { readonly kind: "answer" }>): IncomingLine {
  const title = phrase("arrived_answer_title", list);
  if (result !== "done")
    return { tone: "warning", title, text: { key: sentenceKey(result.refused), parts: [] } };
  switch (asked) {
    case "join":
      return { tone: "good", title, text: phrase("arrived_joined") };
    case "leave":
      return { tone: "good", title, text: phrase("arrived_left") };
    case "revoke":
      return { tone: "good", title, text: phrase("arrived_revoked") };
    case "renew":
      return { tone: "good", title, text: phrase("arrived_renewed") };
    default:
      return { tone: "good", title, text: phrase("arrived_done") };
  }
}

function ownPostLine({ list, state }: Extract<Incoming, { readonly kind: "own-post" }>): IncomingLine {
  const tone = state === "sent" || state === "outbox" ? "good" : state === "waits" ? "note" : "warning";
  return { tone, title: phrase("arrived_post_title", list), text: phrase(ownPostKeys[state]) };
}

const ownPostKeys = {
  sent: "arrived_post_sent",
  outbox: "arrived_post_outbox",
  waits: "arrived_post_waits",
  "waits-to-write": "arrived_post_waits_to_write",
  "to-write": "arrived_post_to_write",
  "too-old": "arrived_post_too_old",
  once: "arrived_post_once",
} as const satisfies Readonly<Record<SealedAgainState, MessageKey>>;

function reportLine({ list, event }: Extract<Incoming, { readonly kind: "report" }>): IncomingLine {
  const title = phrase("arrived_report_title", list);
  switch (event) {
    case "joined":
      return { tone: "note", title, text: phrase("arrived_report_joined") };
    case "left":
      return { tone: "note", title, text: phrase("arrived_report_left") };
    case "removed":
      return { tone: "note", title, text: phrase("arrived_report_removed") };
    case "role":
      return { tone: "note", title, text: phrase("arrived_report_role") };
    case "revoked":
      return { tone: "warning", title, text: phrase("arrived_report_revoked") };
    case "second-join":
      return { tone: "warning", title, text: phrase("arrived_report_second_join") };
    case "key-wanted":
      return { tone: "note", title, text: phrase("arrived_report_key_wanted") };
    case "enrolled":
      return { tone: "note", title, text: phrase("arrived_report_enrolled") };
    case "server-key-offer":
      return { tone: "note", title, text: phrase("arrived_server_offer") };
    case "server-key":
      return { tone: "good", title, text: phrase("arrived_news_server_key") };
  }
}

function newsOf({ news }: Extract<Incoming, { readonly kind: "notice" }>): Phrase {
  switch (news) {
    case "owners":
      return phrase("arrived_news_owners");
    case "new-list-key":
      return phrase("arrived_news_list_key");
    case "new-server-key":
      return phrase("arrived_news_server_key");
  }
}
