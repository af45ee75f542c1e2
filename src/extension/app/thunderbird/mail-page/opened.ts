import { followLocking, whenLocked, whenUnlocked } from "../../../keys/unlocked.js";
import { codeOf } from "../../../platform/errors.js";
import { thunderbird } from "../../../platform/thunderbird.js";
import { answerView, bannerOf } from "../../../reading/display/answer-view.js";
import type { DisplayAnswer } from "../../../reading/view.js";
import { whenStoredChanges } from "../../../records/storage.js";
import { element } from "../../../ui/elements.js";
import { sentenceKey } from "../../../ui/failure.js";
import { t } from "../../../ui/i18n.js";
import { markView } from "../../../ui/security-image-view.js";
import type { MessageRef } from "../../calls/mail-page-calls.js";
import { askWhenDue } from "../lock-when-due.js";
import { actsOn, askFromPage, placeIn, wordsInPage } from "./mail.js";

/**
 * What was sealed inside a mail that neither the list's server nor ListSeal has made, in a tab of our own. The mail around it
 * is its sender's, and so would be a document that both share: its styles covered our warning and had people press our buttons
 * unseen. Here is nothing of that mail but the name that it goes by.
 */

function part(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

function mailInAddress(): MessageRef {
  const asked = new URLSearchParams(location.search);
  return { id: Number(asked.get("id")), headerMessageId: asked.get("message-id") ?? "" };
}

/** Says out of which mail this was taken. */
async function tellMail(mail: MessageRef): Promise<void> {
  const { subject, author } = await thunderbird().messages.get(mail.id);
  part("mail").replaceChildren(
    element("p", {}, t("opened_out_of"), " ", element("bdi", {}, subject), " · ", element("bdi", {}, author)),
  );
}

async function start(): Promise<void> {
  document.documentElement.lang = t("lang");
  const place = placeIn(part("opened"));
  const mail = mailInAddress();
  const show = (answer: DisplayAnswer) => {
    if (answer.kind === "ordinary")
      return place.show("ordinary", [
        bannerOf("note", t("verdict_ordinary_title"), t("verdict_ordinary_text")),
      ]);
    place.show(answer.kind, answerView(answer, { acts: actsOn(mail), words: wordsInPage, again: show }));
  };
  let asked = 0;
  let shown = "";
  const read = async () => {
    shown = "";
    place.show("opening", [bannerOf("note", t("opening_title"), t("opening_text"))]);
    await renew();
  };
  const renew = async () => {
    asked += 1;
    const mine = asked;
    try {
      const { answer, mark } = await askFromPage("mail:open", { mail });
      // locked, or asked again, meanwhile
      if (mine !== asked) return;
      const next = JSON.stringify(answer);
      if (next === shown) return;
      shown = next;
      part("mark").replaceChildren(markView(mark));
      await tellMail(mail);
      show(answer);
      askWhenDue(() => askFromPage("mail:due", null));
    } catch (error) {
      const code = codeOf(error, "worker-failed");
      place.show("refused", [bannerOf("warning", t("refused_title"), t(sentenceKey(code)))]);
    }
  };
  followLocking();
  whenLocked(() => void read());
  whenUnlocked(() => void read());
  // what the verdict was made of may be another: owners, keys, lists
  whenStoredChanges(() => void renew());
  await read();
}

void start();
