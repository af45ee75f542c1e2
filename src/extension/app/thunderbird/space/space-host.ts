import { h } from "preact";
import { askFor } from "../../../platform/permission.js";
import type { Caller } from "../../../platform/rpc/call.js";
import { isManyAct, type MailAct, type SpaceCalls } from "../../calls/space-calls.js";
import type { ListsHost } from "../../lists-page/lists-host.js";
import { WhoIsOn } from "../../lists-page/member-names.js";
import { askFromPage } from "../mail-page/mail.js";
import { LetterPane } from "./letter-pane.js";
import { ListChoices } from "./list-choices.js";

/** What the page of lists has in Thunderbird: the mail itself, and everything that Thunderbird does with it. */
export function spaceHost(ask: Caller<SpaceCalls>): ListsHost<MailAct> {
  return {
    paneIn: (place, mark) => new LetterPane(place, mark, ask),
    acts: [
      { what: "reply", label: "reader_reply" },
      { what: "forward", label: "space_forward" },
      { what: "archive", label: "space_archive" },
      { what: "delete", label: "space_delete" },
      { what: "read", label: "space_mark_read" },
      { what: "unread", label: "space_mark_unread" },
      { what: "show", label: "space_show" },
    ],
    manyActs: [
      { what: "archive", label: "space_archive" },
      { what: "delete", label: "space_delete" },
      { what: "read", label: "space_mark_read" },
      { what: "unread", label: "space_mark_unread" },
    ],
    async act(selected, what) {
      // asked in the press itself, before anything is awaited
      if (what === "archive" && !(await askFor("archive"))) return "stays";
      const mails = selected.map(({ folder, id }) => ({ folder, id }));
      const [mail, another] = mails;
      if (another !== undefined && isManyAct(what)) await ask("space:act-many", { mails, act: what });
      else if (mail !== undefined) await ask("space:act", { mail, act: what });
      return what === "archive" || what === "delete" ? "goes" : "stays";
    },
    filters: ["unread", "files"],
    async notify(show) {
      // asked in the choice itself, before anything is awaited
      const isGranted = show === "off" || (await askFor("notifications"));
      const now = isGranted ? show : "off";
      await ask("space:notify", { show: now }).catch(() => undefined);
      return now;
    },
    unlock: (passphrase) => askFromPage("mail:unlock", { passphrase }),
    aboutList: (list) => [
      h(WhoIsOn, { key: list.address, list: list.address, ask }),
      h(ListChoices, { key: `choices ${list.address}`, list, ask }),
    ],
    more: null,
  };
}
