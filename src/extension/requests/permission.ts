import { browser } from "../platform.js";
import type { Permissions } from "../thunderbird.js";

/**
 * The right to send a mail without a compose window. Thunderbird gives it to no add-on at installation: a person grants it
 * once, by a click in one of our pages and Thunderbird's own question. It can be taken back in the add-on manager.
 */
const toSend = { permissions: ["messages.send"] } as const;
/** To put a sealed draft into the Drafts folder. */
const toPutDrafts = { permissions: ["messagesImport"] } as const;
/** To put readable copies of opened mail into a local folder. */
const toKeepCopies = { permissions: ["accountsFolders", "messagesImport"] } as const;

/** The polyfill's types know the permissions of browsers only. */
function permissions(): Permissions {
  const api: unknown = browser.permissions;
  if (!isPermissions(api)) throw new Error("no permissions here");
  return api;
}

function isPermissions(api: unknown): api is Permissions {
  return typeof api === "object" && api !== null && "contains" in api && "request" in api;
}

/** Whether mails can be sent without asking. */
export function maySend(): Promise<boolean> {
  return permissions().contains(toSend);
}

/**
 * Asks the person, unless they have agreed before. For our pages: call it in the handler of the click that asks the server
 * for something, as its first step, and go on whatever comes of it: without the right a request is kept, and its page says
 * that it was not sent.
 */
export async function askToSend(): Promise<boolean> {
  try {
    return await permissions().request(toSend);
  } catch {
    // not in the handler of a press, or not in Thunderbird: as if the person had said no
    return false;
  }
}

/** Whether copies of opened mail can be put into a folder. */
export function mayKeepCopies(): Promise<boolean> {
  return permissions().contains(toKeepCopies);
}

/** Asks the person for the right to keep copies; as {@link askToSend}, the first step of a click's handler. */
export function askToKeepCopies(): Promise<boolean> {
  return permissions().request(toKeepCopies);
}

/** Asks for the right to put sealed drafts on the mail server. Call it first of all in the handler of the press. */
export async function askToPutDrafts(): Promise<boolean> {
  try {
    return await permissions().request(toPutDrafts);
  } catch {
    // not in the handler of a press: as if the person had said no
    return false;
  }
}
