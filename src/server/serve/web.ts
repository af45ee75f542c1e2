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

/** What the public door asks. */
export interface UnsubscribeHandler {
  /** Whether the token is a present member's; changes nothing. */
  isGood(listId: number, token: string): Promise<boolean>;
  /** Takes the holder off the list. @returns false if the token is nobody's */
  leave(listId: number, token: string): Promise<"left" | "unknown" | "last-owner">;
}

/** What the operator's door asks. */
export interface HealthState {
  /** Throws or gives a reason while the server can't do its work. */
  readiness(): Promise<string | undefined>;
  metrics(): Promise<string>;
}

const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1>${body}</html>\n`;

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
 * Opens the public door: `/leave/<list>/<token>`.
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
    const [, list = "", token = ""] = /^\/leave\/(\d{1,9})\/([0-9a-z-]{1,64})$/.exec(request.url ?? "") ?? [];
    const unknown = () =>
      answer(
        response,
        404,
        "html",
        page("This link is not valid", "<p>You may already have left the list.</p>"),
      );
    if (list === "") return unknown();
    if (request.method === "GET" || request.method === "HEAD") {
      if (!(await lists.isGood(Number(list), token))) return unknown();
      const form =
        '<p>You will no longer receive messages from the list. To rejoin you need a new invitation.</p><form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>Leave the list</button></form>';
      return answer(response, 200, "html", page("Leave the list?", form));
    }
    if (request.method !== "POST") return answer(response, 405, "plain", "Use GET or POST\n");
    const body = await readBody(request);
    // as a form of either kind (RFC 8058, 3.2)
    if (!/List-Unsubscribe(=|"\r\n\r\n)One-Click/.test(body)) {
      return answer(response, 400, "plain", "The form must contain List-Unsubscribe=One-Click\n");
    }
    const left = await lists.leave(Number(list), token);
    if (left === "unknown") return unknown();
    if (left === "last-owner") {
      const first =
        "<p>You are the list's only owner. Make someone else an owner first, in ListSeal's settings.</p>";
      return answer(response, 409, "html", page("You are still on the list", first));
    }
    answer(
      response,
      200,
      "html",
      page("You have left the list", "<p>You will receive no more messages from it.</p>"),
    );
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
