import { followLocking, whenLocked, whenUnlocked } from "../../../keys/unlocked.js";
import { browser } from "../../../platform/browser.js";
import { codeOf } from "../../../platform/errors.js";
import { type MessageHeader, thunderbird } from "../../../platform/thunderbird.js";
import { answerView, bannerOf, verdictView } from "../../../reading/display/answer-view.js";
import type { DisplayAnswer, MailActions } from "../../../reading/view.js";
import { element } from "../../../ui/elements.js";
import { sentenceKey } from "../../../ui/failure.js";
import { t } from "../../../ui/i18n.js";
import { markView } from "../../../ui/security-image-view.js";
import type { MessageRef } from "../../calls/mail-page-calls.js";
import { actsOn, askFromPage, placeIn } from "./mail.js";

/**
 * The popup of the button above a mail. It says what ListSeal knows about the mail, where no mail can paint.
 *
 * Attack: any mail in HTML can draw our green line, pixel by pixel, in its own document. This popup hangs on Thunderbird's own
 * toolbar. It asks which mail is shown at the moment in which it opens, and names it; the button itself says nothing, since
 * what it said would stay there for a moment when the next mail is chosen.
 */

function part(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/** Which mail is spoken of, in Thunderbird's own words for it. */
function mailView({ subject, author }: MessageHeader): HTMLElement {
  const rows = [
    [t("verdict_subject"), subject === "" ? t("no_subject") : subject],
    [t("verdict_from"), author],
  ] as const;
  return element(
    "dl",
    {},
    ...rows.flatMap(([term, value]) => [
      element("dt", {}, term),
      element("dd", {}, element("bdi", {}, value)),
    ]),
  );
}

/** The buttons of the popup: what is done elsewhere closes it. */
function actsIn(mail: MessageRef): MailActions {
  const acts = actsOn(mail);
  const away = (act: () => Promise<unknown>) => async () => {
    await act();
    window.close();
  };
  const open = () => {
    const page = new URL(browser.runtime.getURL("app/thunderbird/mail-page/opened.html"));
    page.searchParams.set("id", String(mail.id));
    page.searchParams.set("message-id", mail.headerMessageId);
    return browser.tabs.create({ url: page.href });
  };
  return {
    ...acts,
    openElsewhere: async () => {
      await away(open)();
      return null;
    },
    compare: away(acts.compare),
    join: away(() => askFromPage("mail:join", { mail })),
    settings: away(acts.settings),
  };
}

function nodesOf(
  answer: DisplayAnswer,
  acts: MailActions,
  again: (next: DisplayAnswer) => void,
): readonly Node[] {
  const showing = { acts, again, words: () => [] };
  if (answer.kind === "ordinary")
    return [bannerOf("note", t("verdict_ordinary_title"), t("verdict_ordinary_text"))];
  return answer.kind === "opened" ? verdictView(answer, showing) : answerView(answer, showing);
}

async function start(): Promise<void> {
  document.documentElement.lang = t("lang");
  const place = placeIn(part("verdict"));
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const { messages } =
    tab?.id === undefined
      ? { messages: [] }
      : await thunderbird().messageDisplay.getDisplayedMessages(tab.id);
  const [header, more] = messages;
  if (header === undefined || more !== undefined) {
    place.show("none", [bannerOf("note", t("verdict_several_title"), t("verdict_several_text"))]);
    return;
  }
  part("mail").replaceChildren(mailView(header));
  const mail = { id: header.id, headerMessageId: header.headerMessageId };
  const show = (answer: DisplayAnswer) => place.show(answer.kind, nodesOf(answer, actsIn(mail), show));
  const read = async () => {
    place.show("opening", [bannerOf("note", t("opening_title"), t("opening_text"))]);
    try {
      const { answer, mark } = await askFromPage("mail:verdict", { mail });
      part("mark").replaceChildren(markView(mark));
      show(answer);
    } catch (error) {
      const code = codeOf(error, "worker-failed");
      place.show("refused", [bannerOf("warning", t("refused_title"), t(sentenceKey(code)))]);
    }
  };
  followLocking();
  whenLocked(() => void read());
  whenUnlocked(() => void read());
  await read();
}

void start();
