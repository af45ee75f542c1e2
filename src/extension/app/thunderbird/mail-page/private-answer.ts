import { codeOf } from "../../../platform/errors.js";
import { askFor } from "../../../platform/permission.js";
import { element } from "../../../ui/elements.js";
import { sentenceKey } from "../../../ui/failure.js";
import { t } from "../../../ui/i18n.js";
import type { MessageRef } from "../../calls/mail-page-calls.js";
import { askFromPage } from "./mail.js";

/**
 * Answering one member alone. What is typed here goes to the background and nowhere else, and leaves sealed or not at all: there is no
 * compose window with it, no draft, and no button that sends it in clear.
 */

function answeredMail(): MessageRef {
  const asked = new URLSearchParams(location.search);
  return { id: Number(asked.get("id")), headerMessageId: asked.get("message-id") ?? "" };
}

function field<K extends "input" | "textarea">(kind: K, label: string, name: string) {
  const made = element(kind, { name, autocomplete: "off", dir: "auto" });
  return { made, row: element("label", {}, element("span", {}, label), made) };
}

async function start(place: HTMLElement): Promise<void> {
  document.documentElement.lang = t("lang");
  document.title = t("alone_title");
  const mail = answeredMail();
  const problem = element("p", { class: "problem", role: "alert" });
  try {
    const { name, address, list, subject } = await askFromPage("mail:alone", { mail });
    const title = element("h1", {}, t("reply_alone", name));
    const about = field("input", t("verdict_subject"), "subject");
    about.made.value = subject;
    const words = field("textarea", t("alone_text"), "text");
    words.made.required = true;
    const send = element("button", { type: "submit", class: "primary" }, t("alone_send"));
    const form = element(
      "form",
      {},
      element("p", {}, t("alone_explained", address, list)),
      about.row,
      words.row,
      problem,
      element("div", { class: "actions" }, send),
    );
    // closing the page with words in it is asked about
    const keep = (event: BeforeUnloadEvent) => {
      if (words.made.value.trim() !== "") event.preventDefault();
    };
    window.addEventListener("beforeunload", keep);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      send.disabled = true;
      problem.textContent = "";
      try {
        // asked in the press itself, before anything is awaited
        await askFor("send");
        const answer = { subject: about.made.value.trim(), text: words.made.value };
        const { sent } = await askFromPage("mail:answer-alone", { mail, ...answer });
        window.removeEventListener("beforeunload", keep);
        const done = element(
          "p",
          { role: "status" },
          t(sent === "sent" ? "alone_sent" : "alone_outbox", name),
        );
        done.tabIndex = -1;
        place.replaceChildren(title, done);
        done.focus();
      } catch (error) {
        problem.textContent = t(sentenceKey(codeOf(error, "worker-failed")));
        send.disabled = false;
      }
    });
    place.replaceChildren(title, form);
    words.made.focus();
  } catch (error) {
    problem.textContent = t(sentenceKey(codeOf(error, "worker-failed")));
    place.replaceChildren(element("h1", {}, t("alone_title")), problem);
  }
}

const place = document.getElementById("alone");
if (place !== null) void start(place);
