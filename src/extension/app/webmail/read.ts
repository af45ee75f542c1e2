import { addGiven } from "../../mail-index/given-mails.js";
import { listenTo } from "../../platform/rpc/call.js";
import { tellOver } from "../../platform/rpc/frame-port.js";
import { ReadingView } from "../../reading/page/reading-view.js";
import { t } from "../../ui/i18n.js";
import { startPage } from "../browser/start-page.js";
import { type readingReplies, readingWords, type ToRead } from "../calls/webmail-calls.js";
import { arrivals } from "../handlers/incoming.js";
import { makeFrameView } from "./frame.js";
import { embedded, ofOrigin } from "./frame-handshake.js";

/** The reading frame: opens the mail that the webmail's page hands in, onto the screen and nowhere else. */
async function start(): Promise<void> {
  startPage();
  // listens before anything is awaited: the page speaks once
  const waiting = embedded<ToRead>((take) => listenTo(readingWords, { "frame:read": take }));
  const { main } = await makeFrameView(t("webmail_reading_title"), "read");
  const { message, port, origin } = await waiting;
  // the page has the sealed mail, and the writing frame opens it again: no words of it go from one to the other
  const tell = tellOver<typeof readingReplies>(port);
  const view = new ReadingView(main, {
    arrivals,
    reply: async () => tell("webmail:answer", { whom: "list" }),
    replyAlone: async () => tell("webmail:answer", { whom: "author" }),
    opened: (mail) => {
      // reading goes on without it
      addGiven(mail, { kind: "webmail", page: ofOrigin(message.page, origin) }).catch(() => undefined);
    },
  });
  await view.show({ kind: "mail", name: "", file: new Blob([message.mail]) });
}

void start();
