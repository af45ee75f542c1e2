import { ask } from "../ask.js";
import { sentenceKey } from "../failure.js";
import { say, t } from "../i18n.js";
import { arrivedLine } from "./arrived.js";
import { cleanHtml, hasOwnColours } from "./clean-html.js";
import { mayConfirm } from "./confirmable.js";
import { actionButton, drawing, element } from "./elements.js";
import { filesOf } from "./files.js";
import { plainTextBody } from "./plain-text.js";
import { groupsOf, stateLine } from "./state-line.js";
import { displayStyle } from "./style.js";
import type { DisplayAnswer, OpenedView, PersonView } from "./view.js";

/** Showing an answer in the message document: one host element with a shadow root, plain DOM, no markup from strings. */

/** Name and id of the element that everything is shown in. */
export const VIEW_ID = "listseal-view";

interface Actions {
  /** Opens a sealed part that stands in a foreign shell. */
  readonly openElsewhere: () => Promise<DisplayAnswer>;
}

/** Says that a large mail is being opened; the mail's own text stays where it is. */
export function renderOpening(): void {
  const host = putView("opening", [bannerOf("note", t("opening_title"), t("opening_text"))]);
  host.style.setProperty("min-height", "0");
  document.body.prepend(host);
}

/** Takes away what was shown. */
export function removeView(): void {
  document.getElementById(VIEW_ID)?.remove();
}

/** Makes the host element with its shadow root; the caller puts it into the document. */
function putView(kind: string, shown: readonly Node[]): HTMLElement {
  removeView();
  const host = document.createElement(VIEW_ID);
  host.id = VIEW_ID;
  host.lang = t("lang");
  host.dataset["kind"] = kind;
  const root = host.attachShadow({ mode: "open" });
  root.append(element("div", {}, element("style", {}, displayStyle), ...shown));
  return host;
}

/** Puts the answer into the document; an answer that replaces the mail hides what Thunderbird made of it. */
export function renderAnswer(
  answer: Exclude<DisplayAnswer, { readonly kind: "ordinary" }>,
  actions: Actions,
): void {
  const host = putView(
    answer.kind,
    answer.kind === "opened" ? openedView(answer, actions) : [banner(answer, actions)],
  );
  if (answer.kind === "opened") takeTheSubject(answer.subject);
  // these stand above the mail, which stays as it is
  if (answer.kind === "elsewhere" || answer.kind === "invitation") {
    host.style.setProperty("min-height", "0");
    document.body.prepend(host);
    return;
  }
  // a style and not removal: Thunderbird may still be adding to the document
  document.documentElement.append(
    element("style", {}, `body > :not(#${VIEW_ID}):not(.moz-main-header) { display: none !important; }`),
  );
  document.body.append(host);
}

/** The window's title and the printed header carry the outer subject; the true one takes its place. */
function takeTheSubject(subject: string): void {
  const outer = document.title;
  document.title = subject;
  if (outer === "") return;
  for (const cell of document.querySelectorAll(".moz-main-header td")) {
    for (const node of Array.from(cell.childNodes)) {
      if (node.nodeType === Node.TEXT_NODE && node.textContent?.trim() === outer) node.textContent = subject;
    }
  }
}

const icons = {
  good: "M8 1 2 3v5c0 4 3 6 6 7 3-1 6-3 6-7V3zm3 5-4 5-2.5-2 1-1.2L7 9l3-4z",
  note: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 7h2v5H7zm0-3h2v2H7z",
  warning: "M8 1 0 15h16zM7 6h2v5H7zm0 6h2v2H7z",
} as const;

const icon = (tone: keyof typeof icons): SVGElement => drawing(icons[tone]);

function openedView(view: OpenedView, actions: Actions): readonly Node[] {
  const { tone, phrases } = stateLine(view);
  const words = phrases.map(say).join(" · ");
  const line = element(
    "div",
    { class: "line" },
    icon(tone),
    element("span", { class: "words", role: "status" }, words),
    details(view, actions),
  );
  return [
    element("div", { class: `state ${tone}` }, line),
    element("h1", { dir: "auto" }, view.subject === "" ? t("no_subject") : view.subject),
    meta(view),
    ...body(view),
    ...(view.attachments.length === 0 ? [] : [filesOf(view.attachments)]),
    element(
      "p",
      { class: "keep" },
      actionButton(t("save_mail"), () => ask("saveMail", null), t("save_failed"), {
        title: t("save_mail_title"),
      }),
    ),
  ];
}

function person({ name, address }: PersonView): string {
  return name === null ? address : `${name} <${address}>`;
}

function when(iso: string): string {
  return new Date(iso).toLocaleString(t("lang"), { dateStyle: "long", timeStyle: "short" });
}

function meta(view: OpenedView): HTMLElement {
  const { author } = view;
  const to = [...view.to, ...view.cc].map(person).join(", ");
  return element(
    "p",
    { class: "meta", dir: "auto" },
    element("strong", {}, author.name ?? author.address),
    author.name === null ? " · " : ` <${author.address}> · `,
    element("time", { datetime: view.date }, when(view.date)),
    ` · ${t("mail_to", to)}`,
  );
}

/** "I have compared these digits": for an author whom no owner's word stands for. */
function confirming({ author }: OpenedView, actions: Actions): readonly Node[] {
  if (!mayConfirm(author.standing)) return [];
  const name = author.name ?? author.address;
  const { fingerprint } = author;
  const confirm = async () => renderAnswer(await ask("confirm", { fingerprint }), actions);
  return [
    element("p", {}, t("confirm_how", name)),
    element("p", {}, actionButton(t("confirm_button"), confirm, t("confirm_failed"))),
  ];
}

function details(view: OpenedView, actions: Actions): HTMLElement {
  const rows: readonly (readonly [string, string, "text" | "code"])[] = [
    [t("details_list"), `${view.list.name} <${view.list.address}>`, "text"],
    [t("details_list_key"), groupsOf(view.list.fingerprint), "code"],
    [t("details_author"), person(view.author), "text"],
    [t("details_author_key"), groupsOf(view.author.fingerprint), "code"],
    [t("details_signed"), when(view.signedAt), "text"],
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
    ...confirming(view, actions),
  );
}

function body(view: OpenedView): readonly Node[] {
  if (view.html === null) {
    return [element("div", { class: "body" }, plainTextBody(view.text ?? "", document))];
  }
  const { fragment, remoteImages } = cleanHtml(view.html, view.inline);
  const paper = hasOwnColours(fragment) ? " paper" : "";
  const shown = element("div", { class: `body${paper}`, dir: "auto" }, fragment);
  if (remoteImages === 0) return [shown];
  return [element("p", { class: "remote" }, t("remote_images_left_out", String(remoteImages))), shown];
}

function banner(
  answer: Exclude<DisplayAnswer, OpenedView | { readonly kind: "ordinary" }>,
  actions: Actions,
): HTMLElement {
  switch (answer.kind) {
    case "elsewhere":
      return bannerOf("note", t("elsewhere_title"), t("elsewhere_text"), {
        label: t("elsewhere_open"),
        act: async () => {
          const opened = await actions.openElsewhere();
          if (opened.kind !== "ordinary") renderAnswer(opened, actions);
        },
      });
    case "locked":
      return bannerOf("note", t("locked_title"), t("error_key_locked"), {
        label: t("locked_unlock"),
        act: () => ask("settings", null),
      });
    case "not-for-me":
      return answer.list === null
        ? bannerOf("warning", t("not_for_me_title"), t("not_for_me_text"))
        : bannerOf("warning", t("not_for_me_title"), t("not_for_me_list_text", answer.list));
    case "invitation":
      return bannerOf("note", t("offer_title"), t("offer_text"), {
        label: t("offer_join"),
        act: () => ask("join", null),
      });
    case "arrived": {
      const { tone, title, text } = arrivedLine(answer.arrived);
      const unlock = { label: t("locked_unlock"), act: () => ask("settings", null) };
      return answer.arrived.kind === "locked"
        ? bannerOf(tone, say(title), say(text), unlock)
        : bannerOf(tone, say(title), say(text));
    }
    case "refused":
      return bannerOf("warning", t("refused_title"), t(sentenceKey(answer.code)));
  }
}

function bannerOf(
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
