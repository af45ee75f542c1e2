import { browser, program } from "./browser.js";
import type { Permissions } from "./thunderbird.js";

/**
 * Rights that Thunderbird gives to no add-on at installation: a person grants them once, by a click in one of our pages and
 * Thunderbird's own question. They can be taken back in the add-on manager.
 */
const rights = {
  /** A mail without a compose window: requests to a list's server. */
  send: ["messages.send"],
  /** A sealed draft in the Drafts folder. */
  drafts: ["messagesImport"],
  /** Readable copies of opened mail in a local folder. */
  copies: ["accountsFolders", "messagesImport"],
  /** A mail goes where its account archives. */
  archive: ["messagesMove"],
  /** A list's address goes into the address book. */
  contact: ["addressBooks"],
  /** New messages are told of by the system. */
  notifications: ["notifications"],
  /** What needs nothing from the person goes to a folder of its own. */
  "service-folder": ["accountsFolders", "messagesMove"],
} as const;
export type Right = keyof typeof rights;

/** The polyfill's types know the permissions of browsers only. */
function permissions(): Permissions {
  const api: unknown = browser.permissions;
  if (!isPermissions(api)) throw new Error("no permissions here");
  return api;
}

function isPermissions(api: unknown): api is Permissions {
  return typeof api === "object" && api !== null && "contains" in api && "request" in api;
}

/** Whether the person has granted it. */
export function may(right: Right): Promise<boolean> {
  return permissions().contains({ permissions: rights[right] });
}

/**
 * Asks the person, unless they have agreed before; a browser has none of these rights to give. Call it in the handler of the press that needs it, as its first step, and go
 * on whatever comes of it: without `send`, say, a request is kept, and its page says that it was not sent.
 */
export async function askFor(right: Right): Promise<boolean> {
  if (program() === "browser") return false;
  try {
    return await permissions().request({ permissions: rights[right] });
  } catch {
    // not in the handler of a press: as if the person had said no
    return false;
  }
}
