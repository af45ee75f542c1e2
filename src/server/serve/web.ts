/**
 * The web doors: one-click unsubscribing (RFC 8058) for the world, and health, readiness and metrics for the operator's
 * own machine. Two listeners: what is on the second is nobody else's business.
 */
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import { MAX_CONNECTIONS, MAX_WEB_REQUEST_BYTES, WEB_TIMEOUT_MS } from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import type { Endpoint } from "../delivery/endpoints.js";
import type { UnsubscribeResult } from "../receive/unsubscribe.js";
import { textsIn } from "../texts/catalogue.js";
import { type Language, languages } from "../texts/language.js";
import type { PageText, ServerTexts } from "../texts/server-texts.js";

/** A door that listens. */
export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** Goes on with a renewed certificate. Without one from the start it speaks no TLS, and this does nothing. */
  renew(tls: WebTls): void;
  close(): Promise<void>;
}

/** PEM texts. */
export interface WebTls {
  readonly cert: string;
  readonly key: string;
}

/** A link of List-Unsubscribe: what is true of it, or became of it, and the list's language. */
export interface LinkAnswer<T extends string> {
  readonly result: T;
  /**
   * Not set for a token that this server has not made. Attack: numbers of lists are small, so a page in the list's language would
   * tell a stranger which lists there are.
   */
  readonly language?: Language;
}

/** What the public door asks. */
export interface UnsubscribeHandler {
  /** Whether the token is a present member's; changes nothing. */
  look(listId: number, token: string): Promise<LinkAnswer<"good" | "unknown">>;
  /** Takes the holder off the list. */
  leave(listId: number, token: string): Promise<LinkAnswer<UnsubscribeResult>>;
}

/** What the operator's door asks. */
export interface HealthState {
  /** Throws or gives a reason while the server can't do its work. */
  readiness(): Promise<string | undefined>;
  metrics(): Promise<string>;
}

const words = ({ title, paragraphs }: PageText) =>
  `<h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join("")}`;

/** A page of our own texts, which have no character that HTML reads. @param besides further markup */
const page = (language: Language, text: PageText, besides = "") =>
  `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text.title}</title>${words(text)}${besides}</html>\n`;

/** A page for somebody who may be a stranger, who need not read the list's language: English is beside it. */
const pageForStranger = (language: Language, text: (texts: ServerTexts) => PageText) =>
  page(
    language,
    text(textsIn(language)),
    language === "en" ? "" : `<hr><div lang="en">${words(text(textsIn("en")))}</div>`,
  );

const answer = (response: ServerResponse, code: number, type: "plain" | "html", body: string) => {
  response.writeHead(code, {
    "Content-Type": `text/${type}; charset=utf-8`,
    "Cache-Control": "no-store",
    // the address holds a token: no other site may learn it, and no script may run beside it
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
};

/**
 * Opens the public door: `/leave/<list>/<token>`, and `/refused/<language>`, which the SMTP dialogue names to whoever was refused.
 *
 * GET only asks: mail systems and virus scanners open every link they see. POST leaves; RFC 8058 sends
 * `List-Unsubscribe=One-Click`, and so does the page's button.
 */
export function openPublicDoor(
  at: Endpoint,
  tls: WebTls | undefined,
  lists: UnsubscribeHandler,
  log: Log,
): Promise<HttpServer> {
  return listen(at, tls, log, async (request, response) => {
    const { url = "", method = "" } = request;
    const isLook = method === "GET" || method === "HEAD";
    const refusedIn = languages.find((language) => url === `/refused/${language}`);
    if (refusedIn !== undefined && isLook) {
      return answer(
        response,
        200,
        "html",
        pageForStranger(refusedIn, ({ refused }) => refused),
      );
    }
    const [, list = "", token = ""] = /^\/leave\/(\d{1,9})\/([0-9a-z-]{1,64})$/.exec(url) ?? [];
    const unknown = (language: Language = "en") =>
      answer(
        response,
        404,
        "html",
        pageForStranger(language, ({ leaving }) => leaving.unknown),
      );
    if (list === "") return unknown();
    if (isLook) {
      const { result, language = "en" } = await lists.look(Number(list), token);
      if (result === "unknown") return unknown(language);
      const { question, button } = textsIn(language).leaving;
      const form = `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>${button}</button></form>`;
      return answer(response, 200, "html", page(language, question, form));
    }
    if (method !== "POST") return answer(response, 405, "plain", "Use GET or POST\n");
    const body = await readBody(request);
    // as a form of either kind (RFC 8058, 3.2)
    if (!/List-Unsubscribe(=|"\r\n\r\n)One-Click/.test(body)) {
      return answer(response, 400, "plain", "The form must contain List-Unsubscribe=One-Click\n");
    }
    const { result, language = "en" } = await lists.leave(Number(list), token);
    if (result === "unknown") return unknown(language);
    const { left, lastOwner } = textsIn(language).leaving;
    if (result === "last-owner") return answer(response, 409, "html", page(language, lastOwner));
    answer(response, 200, "html", page(language, left));
  });
}

/** Opens the operator's door: `/healthz` (the process answers), `/readyz` (it can do its work), `/metrics`. */
export function openVitalsDoor(at: Endpoint, vitals: HealthState, log: Log): Promise<HttpServer> {
  return listen(at, undefined, log, async (request, response) => {
    switch (request.url) {
      case "/healthz":
        return answer(response, 200, "plain", "ok\n");
      case "/readyz": {
        const reason = await vitals.readiness().catch((error: unknown) => codeForLog(error));
        return answer(response, reason === undefined ? 200 : 503, "plain", `${reason ?? "ready"}\n`);
      }
      case "/metrics":
        return answer(response, 200, "plain", await vitals.metrics());
      default:
        return answer(response, 404, "plain", "Use /healthz, /readyz or /metrics\n");
    }
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MAX_WEB_REQUEST_BYTES) throw new Error("the request is too large");
  }
  return body;
}

async function listen(
  at: Endpoint,
  tls: WebTls | undefined,
  log: Log,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<HttpServer> {
  const listener: RequestListener = (request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.warn("web-request-failed", { code: codeForLog(error) });
      if (!response.headersSent) answer(response, 500, "plain", "failed\n");
      request.destroy();
    });
  };
  const server: Server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = WEB_TIMEOUT_MS;
  server.requestTimeout = WEB_TIMEOUT_MS;
  server.on("clientError", (_error, socket) => socket.destroy());
  server.listen(at.port, at.host);
  await once(server, "listening");
  const bound = server.address();
  return {
    host: at.host,
    port: typeof bound === "object" && bound !== null ? bound.port : at.port,
    renew: (next) => {
      if (server instanceof SecureServer) server.setSecureContext(next);
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
