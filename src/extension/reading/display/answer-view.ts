import { actionButton, drawing, element } from "../../ui/elements.js";
import { sentenceKey } from "../../ui/failure.js";
import { say, t } from "../../ui/i18n.js";
import { type AuthorTrust, mayAnswerAlone } from "../../worker/jobs.js";
import { quotableName } from "../untrusted-text.js";
import {
  type BodyStyle,
  type DisplayAnswer,
  type MailActions,
  type OpenedView,
  piecesOfView,
} from "../view.js";
import { bodyView, hasFormat, type WordsRendering } from "./body-view.js";
import { deliveryLine } from "./delivery-line.js";
import { filesOf } from "./files.js";
import { incomingLine } from "./incoming-line.js";
import { type LimitedPieces, shownOf } from "./limits.js";
import { passphraseForm } from "./passphrase-form.js";
import { dayIn, personIn, whenIn } from "./person-words.js";
import { privateLine, privateView, replyAloneButton } from "./private-view.js";
import { groupsOf, stateLine } from "./state-line.js";

/**
 * What an answer looks like, in whatever program it is shown: plain DOM, no markup from strings. The same line, banners and
 * buttons in Thunderbird's message pane, the Reader page and a webmail.
 */

/** How a program shows it. */
export interface AnswerRendering {
  readonly acts: MailActions;
  /** Words of the mail, by the program's own defence against what is in them. */
  readonly words: WordsRendering;
  /** Shows another answer in the place of this one. */
  readonly again: (answer: Exclude<DisplayAnswer, { readonly kind: "ordinary" }>) => void;
}

/** An answer as the elements that say it, in their order. */
export function answerView(
  answer: Exclude<DisplayAnswer, { readonly kind: "ordinary" }>,
  showing: AnswerRendering,
): readonly Node[] {
  if (answer.kind === "opened") return openedView(answer, showing);
  if (answer.kind === "private") return privateView(answer, showing.acts, icon(privateLine(answer).tone));
  return [banner(answer, showing)];
}

const icons = {
  good: "M8 1 2 3v5c0 4 3 6 6 7 3-1 6-3 6-7V3zm3 5-4 5-2.5-2 1-1.2L7 9l3-4z",
  note: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 7h2v5H7zm0-3h2v2H7z",
  warning: "M8 1 0 15h16zM7 6h2v5H7zm0 6h2v2H7z",
} as const;

const icon = (tone: keyof typeof icons): SVGElement => drawing(icons[tone]);

/** What is known of an opened mail, without the mail itself. */
export function verdictView(view: OpenedView, showing: AnswerRendering): readonly Node[] {
  const { tone, phrases } = stateLine(view);
  const words = phrases.map(say).join(" · ");
  const line = element(
    "div",
    { class: "line" },
    icon(tone),
    element("span", { class: "words", role: "status" }, words),
    details(view, showing),
  );
  return [element("div", { class: `state ${tone}` }, line)];
}

function openedView(view: OpenedView, showing: AnswerRendering): readonly Node[] {
  const { body, change } = bodyOf(view, showing);
  const { acts } = showing;
  const reply =
    acts.reply === null
      ? []
      : [actionButton(t("reader_reply"), acts.reply, t("action_failed"), { class: "reply" })];
  const save = actionButton(t("save_mail"), acts.saveMail, t("save_failed"), {
    title: t("save_mail_title"),
    class: "save",
  });
  return [
    ...verdictView(view, showing),
    element("h1", { dir: "auto" }, view.subject === "" ? t("no_subject") : view.subject),
    meta(view),
    ...deliveryLine(view, acts),
    ...body,
    ...(view.attachments.length === 0 ? [] : [filesOf(view.attachments, acts)]),
    element("p", { class: "keep" }, ...[...reply, save, ...change].flatMap((button) => [button, " "])),
  ];
}

/** As much of the mail as can be shown, an offer of the rest, and a button that shows it the other way, if there is one. */
function bodyOf(
  view: OpenedView,
  { acts, words }: AnswerRendering,
): { readonly body: readonly Node[]; readonly change: readonly HTMLElement[] } {
  const { pieces, leftOut } = shownOf(piecesOfView(view));
  const { style: wanted, font } = view.look ?? { style: "formatted", font: "fixed" };
  let style: BodyStyle = wanted;
  const shown = element("div", { class: `pieces ${font}` });
  const show = () => shown.replaceChildren(...bodyView(pieces, { style, words, acts }));
  show();
  const label = () => t(style === "plain" ? "show_formatted" : "show_plain");
  const change = actionButton(
    label(),
    async () => {
      style = style === "plain" ? "formatted" : "plain";
      show();
      change.textContent = label();
      await acts.showAs(style);
    },
    t("action_failed"),
    { class: "style" },
  );
  return { body: [...leftOutWords(leftOut, acts), shown], change: hasFormat(pieces) ? [change] : [] };
}

/** Why a mail is not shown whole, and an offer of the whole. */
function leftOutWords(leftOut: LimitedPieces["leftOut"], acts: MailActions): readonly Node[] {
  if (leftOut === "nothing") return [];
  const why = t(leftOut === "end" ? "too_long_text" : "too_long_html");
  return [
    element(
      "p",
      { class: "remote" },
      `${why} `,
      actionButton(t("save_mail"), acts.saveMail, t("save_failed")),
    ),
  ];
}

function meta(view: OpenedView): HTMLElement {
  const { author } = view;
  const called = quotableName(author.name);
  const to = [...view.to, ...view.cc].map(personIn).join(", ");
  return element(
    "p",
    { class: "meta", dir: "auto" },
    element("strong", {}, called ?? author.address),
    called === null ? " · " : ` <${author.address}> · `,
    element("time", { datetime: view.date }, whenIn(view.date)),
    ` · ${t("mail_to", to)}`,
  );
}

/** The way to the page where a key is compared: for an author whom no owner's word vouches for. */
function comparing({ author }: OpenedView, { acts }: AnswerRendering): readonly Node[] {
  if (!mayConfirm(author.standing)) return [];
  return [element("p", {}, actionButton(t("compare_open"), acts.compare, t("action_failed")))];
}

function details(view: OpenedView, showing: AnswerRendering): HTMLElement {
  const rows: readonly (readonly [string, string, "text" | "code"])[] = [
    [t("details_list"), `${view.list.name} <${view.list.address}>`, "text"],
    [t("details_list_key"), groupsOf(view.list.fingerprint), "code"],
    [t("details_author"), personIn(view.author), "text"],
    [t("details_author_key"), groupsOf(view.author.fingerprint), "code"],
    [t("details_signed"), whenIn(view.signedAt), "text"],
    ...("roster" in view.passage
      ? [[t("details_roster"), String(view.passage.roster), "text"] as const]
      : []),
  ];
  const list = element("dl");
  for (const [term, value, kind] of rows) {
    list.append(
      element("dt", {}, term),
      element("dd", {}, kind === "code" ? element("code", {}, value) : value),
    );
  }
  return element(
    "details",
    { class: "more" },
    element("summary", {}, t("details")),
    list,
    ...comparing(view, showing),
    ...replyAloneButton(mayAnswerAlone(view.author.standing), view.author, showing.acts),
  );
}

function banner(
  answer: Exclude<DisplayAnswer, OpenedView | { readonly kind: "ordinary" | "private" }>,
  { acts, again }: AnswerRendering,
): HTMLElement {
  switch (answer.kind) {
    case "elsewhere": {
      const { openElsewhere } = acts;
      if (openElsewhere === null) return bannerOf("note", t("elsewhere_title"), t("elsewhere_where"));
      return bannerOf("note", t("elsewhere_title"), t("elsewhere_text"), {
        label: t("elsewhere_open"),
        act: async () => {
          const opened = await openElsewhere();
          if (opened !== null && opened.kind !== "ordinary") again(opened);
        },
      });
    }
    case "locked":
      return lockedBanner(acts);
    case "not-for-me":
      return answer.list === null
        ? bannerOf("warning", t("not_for_me_title"), t("not_for_me_text"))
        : bannerOf("warning", t("not_for_me_title"), t("not_for_me_list_text", answer.list));
    case "key-deleted":
      return bannerOf(
        "note",
        t("key_deleted_title"),
        t("key_deleted_text", answer.list, dayIn(answer.before)),
      );
    case "invitation": {
      const { used } = answer;
      if (used !== null) {
        const words = used.standing === "joined" ? "offer_used_text" : "offer_asked_text";
        return bannerOf("note", t("offer_used_title"), t(words, used.list));
      }
      return acts.join === null
        ? bannerOf("note", t("offer_title"), t("offer_where"))
        : bannerOf("note", t("offer_title"), t("offer_text"), { label: t("offer_join"), act: acts.join });
    }
    case "arrived": {
      const { tone, title, text } = incomingLine(answer.arrived);
      return answer.arrived.kind === "locked" ? lockedBanner(acts) : bannerOf(tone, say(title), say(text));
    }
    case "refused":
      return bannerOf("warning", t("refused_title"), t(sentenceKey(answer.code)));
  }
}

/** Unlocking is done where the lock is met. */
function lockedBanner({ unlock, settings }: MailActions): HTMLElement {
  if (unlock === null)
    return bannerOf("note", t("locked_title"), t("error_key_locked"), {
      label: t("locked_unlock"),
      act: settings,
    });
  const made = bannerOf("note", t("locked_title"), t("locked_text"));
  made.append(passphraseForm(unlock));
  return made;
}

/** A few words in the place of a mail, or above it. */
export function bannerOf(
  tone: "good" | "note" | "warning",
  title: string,
  text: string,
  action?: { readonly label: string; readonly act: () => Promise<unknown> },
): HTMLElement {
  const made = element(
    "div",
    { class: `banner ${tone}`, role: tone === "warning" ? "alert" : "status" },
    element("h1", {}, icon(tone), ` ${title}`),
    element("p", {}, text),
  );
  if (action !== undefined) {
    made.append(actionButton(action.label, action.act, t("action_failed")));
  }
  return made;
}

/** Standings that comparing digits says something new about; owners and oneself need none, and a false proof has its own cause. */
const open: readonly AuthorTrust[] = ["known", "new", "changed", "reintroduced"];

/** Whether a reader may say of an author's key that they have compared it. */
function mayConfirm(standing: AuthorTrust): boolean {
  return open.includes(standing);
}
