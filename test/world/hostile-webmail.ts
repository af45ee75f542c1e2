import { createServer, type Server } from "node:http";
import { freePort, LOOPBACK } from "./ports.js";

/** A web page on loopback that plays Roundcube for our content script, and does what it likes. */
export interface HostileWebmail {
  /** Address of the page that shows mail number `uid`, with a script of the page's own. */
  show(uid: number, script?: string): string;
  /** Address of the page for an answer to mail number `uid`. */
  answer(uid: number, script?: string): string;
  /** The same host under a name that nobody has allowed. */
  elsewhere(script: string): string;
  /** Paths that the browser asked for. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** What the content script looks for in a page for writing. */
const FORM = `<select id="_from"><option>Bob &lt;bob@people.test&gt;</option></select><textarea id="_to"></textarea>
<input id="compose-subject"><div id="composebodycontainer" style="height: 400px"><textarea id="composebody"></textarea></div>
<form><input type="file" multiple name="_attachments[]"></form><div class="formbuttons"><button class="send">Send</button></div>
<ul id="attachment-list"></ul>`;

/** What it looks for in a page that shows a sealed mail. */
const SHOWN = `<ul id="attachment-list"><li class="application vnd.listseal.key pgp">
<span class="attachment-name">sealed-key.pgp</span></li></ul>
<div id="messagebody"><div class="message-part">This message is sealed.</div></div>`;

const page = (content: string, script: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Webmail</title>
<script src="/program/js/app.min.js"></script>
<script>var env = {"request_token":"token"};</script>
</head><body>
${content}
<script>${script}</script>
</body></html>`;

/** Starts it with the mails that it gives out, by number. The caller stops it. */
export async function startHostileWebmail(mails: readonly Uint8Array[]): Promise<HostileWebmail> {
  const port = await freePort();
  const scripts = new Map<string, string>();
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", `http://${LOOPBACK}:${port}`);
    asked.push(url.pathname + url.search);
    const uid = Number(url.searchParams.get("_uid") ?? "0");
    if (url.searchParams.get("_action") === "viewsource") {
      response.setHeader("content-type", "application/octet-stream");
      response.end(mails[uid] ?? "");
      return;
    }
    if (url.pathname.endsWith(".js")) {
      response.setHeader("content-type", "text/javascript");
      response.end("");
      return;
    }
    response.setHeader("content-type", "text/html; charset=utf-8");
    const content = url.searchParams.get("_action") === "compose" ? FORM : SHOWN;
    response.end(page(content, scripts.get(url.searchParams.get("script") ?? "") ?? ""));
  });
  await new Promise<void>((resolve) => server.listen(port, LOOPBACK, resolve));
  /** A name for a script of the page. */
  const named = (script: string): string => {
    const name = String(scripts.size);
    scripts.set(name, script);
    return name;
  };
  return {
    asked,
    show: (uid, script = "") =>
      `http://${LOOPBACK}:${port}/?_task=mail&_action=show&_uid=${uid}&_mbox=INBOX&script=${named(script)}`,
    answer: (uid, script = "") =>
      `http://${LOOPBACK}:${port}/?_task=mail&_action=compose&script=${named(script)}#listseal-answer=uid=${uid}&mailbox=INBOX`,
    elsewhere: (script) => `http://localhost:${port}/?script=${named(script)}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
