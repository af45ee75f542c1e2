/**
 * An in-memory stand-in for the host's API, as far as pure parts and pages touch it: ids, the real locale files,
 * storage. jest.config.js puts it in the place of webextension-polyfill. Everything that matters in Thunderbird is tested in Thunderbird.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const HOST_ID = "listseal@listseal.example";
export const HOST_BASE = "moz-extension://0000-test/";

interface Entry {
  readonly message: string;
  readonly placeholders?: Readonly<Record<string, { readonly content: string }>>;
}

/** The languages of the add-on. */
export const languages = ["en", "ja", "de", "fr", "es"] as const;
export type Locale = (typeof languages)[number];

/** The sentences of one language, as they stand in public/_locales. */
export function localeOf(language: Locale): Readonly<Record<string, Entry>> {
  const path = fileURLToPath(new URL(`../../public/_locales/${language}/messages.json`, import.meta.url));
  return JSON.parse(readFileSync(path, "utf8"));
}

const english = localeOf("en");

function getMessage(key: string, parts: readonly string[] = []): string {
  const entry = english[key];
  if (entry === undefined) return "";
  return entry.message.replace(/\$([A-Z]+)\$/g, (_, name: string) => {
    const content = entry.placeholders?.[name.toLowerCase()]?.content ?? "";
    return parts[Number(content.slice(1)) - 1] ?? "";
  });
}

class FakeArea {
  #values = new Map<string, unknown>();

  /** How often something was read. */
  reads = 0;

  async get(name: string | readonly string[] | null): Promise<Record<string, unknown>> {
    this.reads += 1;
    const names = name === null ? [...this.#values.keys()] : [name].flat();
    return Object.fromEntries(
      names
        .filter((one) => this.#values.has(one))
        .map((one) => [one, structuredClone(this.#values.get(one))]),
    );
  }

  #failure: Error | undefined;

  /** Has the next `set` fail, as a full disk does. */
  failNextSet(failure: Error): void {
    this.#failure = failure;
  }

  async set(values: Record<string, unknown>): Promise<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    for (const [name, value] of Object.entries(values)) this.#values.set(name, structuredClone(value));
  }

  #loseRemove = false;

  /** Has the next `remove` do nothing, as when the program ends before it. */
  failNextRemove(fails = true): void {
    this.#loseRemove = fails;
  }

  async remove(name: string | readonly string[]): Promise<void> {
    const lost = this.#loseRemove;
    this.#loseRemove = false;
    if (lost) throw new Error("the program has ended");
    for (const one of [name].flat()) this.#values.delete(one);
  }

  async clear(): Promise<void> {
    this.#values.clear();
  }

  /** Everything in it is put aside, and `values` (or nothing) stands there instead: another person's computer. */
  exchange(values: Map<string, unknown>): Map<string, unknown> {
    const before = this.#values;
    this.#values = values;
    return before;
  }
}

export const local = new FakeArea();
export const session = new FakeArea();

/** Forgets everything that was stored. */
export function resetHost(): void {
  void local.clear();
  void session.clear();
  runIn("thunderbird");
  answers.clear();
}

/** What the background page would answer to a call of the display script; a test puts its own here. */
export const answers = new Map<string, (input: unknown) => unknown>();

async function sendMessage(message: { readonly name: string; readonly input: unknown }): Promise<unknown> {
  const answer = answers.get(message.name);
  return answer === undefined
    ? { ok: false, code: "worker-failed" }
    : { ok: true, value: answer(message.input) };
}

/** What a part of the add-on has registered for `runtime.onMessage`. */
export const messageListeners: ((message: unknown, sender: object) => Promise<unknown> | undefined)[] = [];

interface Change {
  readonly newValue?: unknown;
}

/** What a part of the add-on has registered for `storage.onChanged`: a test calls them as another page's change does. */
export const storageListeners: ((changes: Readonly<Record<string, Change>>, area: string) => void)[] = [];

/** What a part of the add-on has registered for `runtime.onConnect`. */
export const connectListeners: ((port: FakePort) => void)[] = [];

/** One end of a connection, as the background gets it. */
export class FakePort {
  readonly name: string;
  readonly sender: { readonly id: string; readonly url: string };
  readonly told: unknown[] = [];
  connected = true;
  readonly #gone: (() => void)[] = [];

  constructor(name: string, sender: { readonly id: string; readonly url: string }) {
    this.name = name;
    this.sender = sender;
  }

  readonly onDisconnect = { addListener: (listener: () => void) => void this.#gone.push(listener) };
  readonly onMessage = { addListener: () => undefined };

  postMessage(message: unknown): void {
    this.told.push(message);
  }

  /** The background refuses it. */
  disconnect(): void {
    this.connected = false;
  }

  /** The page has closed its end. */
  close(): void {
    this.connected = false;
    for (const listener of this.#gone) listener();
  }
}

const manifest: Record<string, unknown> = { version: "0.1.0", compose_action: {}, action: null };

/** Lets the add-on find itself in another program, by the keys of its manifest; those that it lacks are null, as in Firefox. */
export function runIn(program: "thunderbird" | "browser"): void {
  manifest["compose_action"] = program === "thunderbird" ? {} : null;
  manifest["action"] = program === "browser" ? {} : null;
}

/** An event of the host; `tell` has it happen. */
export class FakeEvent<A extends readonly unknown[]> {
  readonly #listeners: ((...happened: A) => void)[] = [];
  addListener(listener: (...happened: A) => void): void {
    this.#listeners.push(listener);
  }
  tell(...happened: A): void {
    for (const listener of this.#listeners) listener(...happened);
  }
}

/** Entries that were put into menus. */
export const menuEntries: { readonly id: string; readonly [key: string]: unknown }[] = [];
/** Addresses that were opened in tabs. */
export const openedTabs: string[] = [];
export const installed = new FakeEvent<[]>();
export const menuClicked = new FakeEvent<[{ readonly menuItemId: string; readonly linkUrl?: string }]>();
export const actionClicked = new FakeEvent<[]>();

/** Rights that the person has granted. */
export const granted = new Set<string>();

const host = {
  // no site is allowed, and no script registered
  permissions: {
    onAdded: new FakeEvent<[]>(),
    onRemoved: new FakeEvent<[]>(),
    getAll: async () => ({ origins: [] }),
    contains: async ({ permissions = [] }: { readonly permissions?: readonly string[] }) =>
      permissions.length > 0 && permissions.every((each) => granted.has(each)),
    request: async () => false,
  },
  scripting: { getRegisteredContentScripts: async () => [] },
  action: { onClicked: actionClicked },
  contextMenus: {
    create: (entry: (typeof menuEntries)[number], made: () => void) => {
      menuEntries.push(entry);
      made();
    },
    onClicked: menuClicked,
  },
  tabs: { create: async ({ url }: { readonly url: string }) => void openedTabs.push(url) },
  runtime: {
    onInstalled: installed,
    onStartup: new FakeEvent<[]>(),
    onConnect: { addListener: (listener: (port: FakePort) => void) => connectListeners.push(listener) },
    onMessage: {
      addListener: (listener: (typeof messageListeners)[number]) => messageListeners.push(listener),
    },
    sendMessage,
    id: HOST_ID,
    getURL: (path: string) => HOST_BASE + path,
    getManifest: () => manifest,
    getPlatformInfo: async () => ({ os: "linux" }),
  },
  i18n: { getMessage },
  storage: {
    local,
    session,
    onChanged: {
      addListener: (listener: (typeof storageListeners)[number]) => storageListeners.push(listener),
      removeListener: () => undefined,
    },
  },
};

/** In place of webextension-polyfill. */
export default host;
