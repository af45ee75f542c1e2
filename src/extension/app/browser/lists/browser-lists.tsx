import { useState } from "preact/hooks";
import { forgetGiven, stopGiven } from "../../../mail-index/given-mails.js";
import { keyOfMail } from "../../../mail-index/indexed-mail.js";
import { browser } from "../../../platform/browser.js";
import type { Caller } from "../../../platform/rpc/call.js";
import { t } from "../../../ui/i18n.js";
import { answerToIndexed, pageForAnswer } from "../../../writing/composer/reply-draft.js";
import type { ListsCalls } from "../../calls/space-calls.js";
import type { ListsHost } from "../../lists-page/lists-host.js";
import { WhoIsOn } from "../../lists-page/member-names.js";
import { GivenPane, openReader } from "./given-pane.js";

/** What the page of lists has in a browser: what the index knows, and the way to where the mail itself is read. */
export const browserLists = (ask: Caller<ListsCalls>): ListsHost<"reply" | "forget"> => ({
  paneIn: (place) => new GivenPane(place),
  acts: [
    { what: "reply", label: "reader_reply" },
    { what: "forget", label: "given_forget" },
  ],
  manyActs: [{ what: "forget", label: "given_forget" }],
  async act(selected, what) {
    const [mail] = selected;
    if (mail === undefined) return "stays";
    if (what === "reply") {
      await browser.tabs.create({ url: await pageForAnswer(answerToIndexed(mail)) });
      return "stays";
    }
    await forgetGiven(mail.list, selected.map(keyOfMail));
    return "goes";
  },
  // whatever is in the index was opened by its reader
  filters: ["files"],
  notify: null,
  unlock: async (passphrase) => (await import("../../handlers/unlocked-keys.js")).unlockWith(passphrase),
  aboutList: ({ address }) => <WhoIsOn key={address} list={address} ask={ask} />,
  more: (
    <>
      <button type="button" onClick={openReader}>
        {t("given_read")}
      </button>
      <Stopping />
    </>
  ),
});

/** Ends the index and removes it, when it was pressed twice: nothing can bring it back. */
function Stopping() {
  const [isAsked, setAsked] = useState(false);
  const press = () => {
    setAsked(!isAsked);
    if (isAsked) void stopGiven().catch(() => undefined);
  };
  return (
    <button type="button" aria-live="polite" onClick={press} onBlur={() => setAsked(false)}>
      {isAsked ? t("given_stop_sure") : t("given_stop")}
    </button>
  );
}
