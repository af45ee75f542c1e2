/**
 * How the parts of the add-on speak with each other: calls between pages and scripts, jobs of the worker, locks, and nothing
 * else. A call is declared once, in a table, and what is asked, answered and handled follows from that line.
 */
import { sources } from "./sources.js";

const all = sources().filter(({ path }) => path.startsWith("extension/"));

/** The files that may hand something to another part of the add-on, or take it, and what each is for. */
const mechanisms: Readonly<Record<string, string>> = {
  "platform/rpc/messages":
    "calls over runtime.sendMessage: display script, mail pages, frames and scripts in webmails",
  "platform/rpc/bridge": "calls over webext-bridge: our own pages in Thunderbird",
  "platform/bridge-guard": "stands before the bridge, and looks at who connects",
  "platform/rpc/frame-port": "calls over a MessagePort: a webmail's page and our frames in it",
  "app/thunderbird/display-gate": "its one call, sent by hand: what runs in every mail has no polyfill",
  "worker/client": "jobs of the worker: who asks",
  "worker/main": "jobs of the worker: who does them",
  "platform/locks": "locks, which the background holds for frames",
};

/** What crosses from one context to another. `messages.sendMessage` sends a mail, and is not meant. */
const crossing =
  /(?:runtime|tabs)\s*\.\s*sendMessage|\bonMessage\b|\bonConnect\b|\bruntime\s*\.\s*connect\b|\bpostMessage\b|\bnew MessageChannel\b|BroadcastChannel|addEventListener\(\s*["']message["']|\.onmessage\b/;

const short = (path: string) => path.replace(/^extension\//, "");
/** Without comments, which may name what they speak of. */
const codeOf = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");

test("only the files of the three mechanisms hand anything to another part of the add-on", () => {
  const found = all.filter(({ text }) => crossing.test(codeOf(text))).map(({ path }) => short(path));
  expect(found.sort()).toEqual(Object.keys(mechanisms).sort());
});

test.each([
  ["webext-bridge", "platform/rpc/bridge"],
  ["webextension-polyfill", "platform/browser"],
])("%s is imported by one file", (name, door) => {
  const importers = all.filter(({ others }) =>
    others.some((other) => other === name || other.startsWith(`${name}/`)),
  );
  expect(importers.map(({ path }) => short(path))).toEqual([door]);
});

/** A line of a table: its name, and that it is a call or a word that is told. */
const declaration = /^\s+(?:"([^"]+)"|(\w+)): (?:call|told)\(/gm;
const declared = all.flatMap(({ path, text }) =>
  [...text.matchAll(declaration)].map(([, quoted, plain]) => ({
    path: short(path),
    name: quoted ?? plain ?? "",
  })),
);
const names = declared.map(({ name }) => name);

test("every call is declared once, in a table", () => {
  expect(names.length).toBeGreaterThan(70);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const tables = new Set(declared.map(({ path }) => path));
  const elsewhere = [...tables].filter(
    // what lies below every room is asked for in every room
    (path) => !path.startsWith("app/calls/") && path !== "platform/background-calls",
  );
  expect(elsewhere).toEqual([]);
});

test("no other line says what a call takes or gives", () => {
  const again = all.flatMap(({ path, text }) =>
    names
      .filter((name) => /[:-]/.test(name))
      .filter((name) => new RegExp(`"${name}"\\??: \\{ readonly|readonly "${name}"`).test(text))
      .map((name) => `${short(path)}: ${name}`),
  );
  expect(again).toEqual([]);
});

test("a job of the worker is declared by the function that does it, and named once", () => {
  const table = all.find(({ path }) => short(path) === "worker/table")?.text ?? "";
  const [, lines = ""] = /export const jobs = \{([^}]*)\}/.exec(table) ?? [];
  const jobs = [...lines.matchAll(/^ {2}(?:"([^"]+)"|(\w+))/gm)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  expect(jobs.length).toBeGreaterThan(30);
  expect(jobs.filter((name, index) => jobs.indexOf(name) !== index)).toEqual([]);
  const asked = all.flatMap(({ text }) =>
    [...text.matchAll(/runJob(?:Apart)?\(\s*"([^"]+)"/g)].map(([, name = ""]) => name),
  );
  expect(jobs.filter((name) => !asked.includes(name))).toEqual([]);
});
