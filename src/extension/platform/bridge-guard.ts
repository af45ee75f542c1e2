import { browser, type Runtime } from "./browser.js";

/**
 * Stands between the browser and webext-bridge in the background page. Must be evaluated before it.
 *
 * Attack: webext-bridge 6.0.1 believes the name that a port gives itself and the origin that a message gives
 * itself. A content script that connects as `options` was answered as the options page. The guard believes the
 * browser alone: a port named `options` or `popup` must come from one of our own pages, every other port never
 * reaches the bridge, and a message whose origin differs from its port is dropped. No display script uses the bridge.
 *
 * It also registers the only `onConnect` listener at once and keeps what arrives until the bridge, which is loaded a
 * moment later, listens: a listener added late does not wake a sleeping event page.
 */
const pages: readonly string[] = ["options", "popup"];

type Listener = (port: Runtime.Port) => void;
const waiting: Runtime.Port[] = [];
let bridge: Listener | undefined;

/** The endpoint that a port claims, or undefined if it is no port of the bridge. */
function claimOf(name: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(name);
    if (typeof parsed !== "object" || parsed === null || !("endpointName" in parsed)) return undefined;
    return typeof parsed.endpointName === "string" ? parsed.endpointName : undefined;
  } catch {
    return undefined;
  }
}

/** The page that a port may speak for, by what the browser says of its sender; undefined refuses it. */
export function pageOf(port: Pick<Runtime.Port, "name" | "sender">): string | undefined {
  const claim = claimOf(port.name);
  if (claim === undefined || !pages.includes(claim)) return undefined;
  if (port.sender?.id !== browser.runtime.id) return undefined;
  const folder = claim === "popup" ? "app/thunderbird/popup" : "app/options/options";
  return port.sender.url?.startsWith(browser.runtime.getURL(`${folder}.html`)) ? claim : undefined;
}

/** Whether a message may pass: only what the bridge sends itself, from the page that the port belongs to. */
export function mayPass(message: unknown, page: string): boolean {
  if (typeof message !== "object" || message === null || !("type" in message)) return false;
  if (message.type === "sync") return true;
  if (message.type !== "deliver" || !("message" in message)) return false;
  const inner = message.message;
  if (typeof inner !== "object" || inner === null || !("origin" in inner)) return false;
  const origin = inner.origin;
  return typeof origin === "object" && origin !== null && "context" in origin && origin.context === page;
}

/** A port whose messages are checked, and kept until somebody listens. */
function guarded(port: Runtime.Port, page: string): Runtime.Port {
  const kept: unknown[] = [];
  let listener: ((message: unknown, port: Runtime.Port) => void) | undefined;
  const outer: Runtime.Port = {
    ...port,
    name: port.name,
    ...(port.sender === undefined ? {} : { sender: port.sender }),
    disconnect: () => port.disconnect(),
    postMessage: (message) => port.postMessage(message),
    onDisconnect: port.onDisconnect,
    onMessage: {
      ...port.onMessage,
      addListener(callback) {
        listener = callback;
        for (const message of kept.splice(0)) callback(message, outer);
      },
    },
  };
  port.onMessage.addListener((message: unknown) => {
    if (!mayPass(message, page)) return;
    if (listener === undefined) kept.push(message);
    else listener(message, outer);
  });
  return outer;
}

/**
 * Puts the guard in place. Call it once, while the background page starts.
 *
 * @returns opens the gate: call it when the bridge's handler is registered. QUIRK: webext-bridge 6.0.1 listens for ports
 *   while it is loaded, and answers what comes before its handler with nothing (seen when a page wakes the background)
 */
export function guardBridge(): () => void {
  const event = browser.runtime.onConnect;
  let open = false;
  event.addListener((port) => {
    const page = pageOf(port);
    if (page === undefined) {
      port.disconnect();
      return;
    }
    const checked = guarded(port, page);
    if (bridge === undefined || !open) waiting.push(checked);
    else bridge(checked);
  });
  event.addListener = (callback: Listener) => {
    bridge = callback;
  };
  return () => {
    open = true;
    for (const port of waiting.splice(0)) bridge?.(port);
  };
}
