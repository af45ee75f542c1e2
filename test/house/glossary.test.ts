/**
 * The words of the house: each noun in the name of a file, folder or exported type is a term of docs/GLOSSARY.md, or a plain
 * word that means what the dictionary says.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root, sourceOf, sources } from "./sources.js";

/**
 * Words that are no nouns of ours. A word that means something of its own here must not be added: it belongs in the glossary,
 * or in no name.
 */
const plain: Readonly<Record<string, string>> = {
  verbs: `
    accept act apply ask attach certify clean decrypt delete enrolling export force forward has install invite inviting
    joining keep look make merge parse read reading receive recover render resume run save send
    search sending serve settle start submit take tell unsubscribe use walk watch write writing`,
  participles: `
    listening
    allowed answered answering attached awaited begun blocked bounced carrying checked chosen claimed coming confirmed confirming
    continued copied created deciding declared deleted detached displayed embedded ended entitled expected
    fixed flowed followed forwarded found handed held imported indexed initialised invited issued kept known limited listed
    logged lost made named noticed offered open opened opening owned parsed passed pasted paused
    pending prepared protected proved proven queued quoted received recorded refused rendered
    reopened replaced requested retired sealed sealing seen sent served shared shown signed split stored
    taken typed unchecked unlocked unopened unproved unsigned untrusted used verified waiting wanted
    welcome withheld written`,
  "adjectives and adverbs": `
    again already awake bad bulk custom due fast first foreign former full global inside large last later live
    local many missing new newer older original other outgoing own plain private public ready related reloadable second
    single stale strange unavailable unopenable unreadable unsolicited unusable whole wrappable`,
  "prepositions and the like": `
    about after at before by for from in not of on through to too under when`,
  "software and formats that every engineer knows": `
    addon base64 browser dialect gc html http i18n id json mailto openssl postgres sql sqlite thunderbird
    tls ui wasm webcrypto`,
  languages: `
    english french german japanese language spanish`,
  computing: `
    access action app armor attachment batch body bridge buffer button byte call caller child cipher
    client clock commit config connection context count data database detail diagnosis diagnostic
    digest directory disk document editor element encoding encryption end endpoint error event expiry feature field
    file folder font form handler handshake hash health icon image index info input key kind label layout leaf
    level limit limiter line link listener lock mail main manifest memory menu menus metric
    migration module name namespace notation notification octet option outbox output page pane passphrase peer permission piece
    platform policy pool popup port program progress prop query queue quote rate recipient ref rendering
    reply result right row schema scope script selection selector sender service setting signature signer
    source space span state statement status storage style subject subkey summary switch tab table
    sync target template term text timeout tool tree type user value version visibility web writer`,
  everyday: `
    account address addressee admin administration admission alert arrival base blocker book budget change check
    choice collector conflict contact damage decision effect evidence fact failure fault hand maker material
    method note notifier outcome overview people person phrase place plan privacy question reason
     refusal replacement requester requirement restore sentence side step time transfer validity verdict
     catalogue maintenance review row wish word`,
};

const plainWords: ReadonlySet<string> = new Set(
  Object.values(plain).flatMap((words) => words.trim().split(/\s+/).map(singular)),
);

interface Term {
  readonly section: string;
  readonly words: readonly string[];
  readonly text: string;
  /** No name has it: a word of the documents. */
  readonly documentsOnly: boolean;
  readonly meaning: string;
}

/** A file, a folder or a type, and the words that its name is made of. */
interface Name {
  readonly where: string;
  readonly words: readonly string[];
}

const glossary = readFileSync(resolve(root, "../docs/GLOSSARY.md"), "utf8");
const terms = termsIn(glossary);
const names = [
  ...readdirSync(root, { recursive: true, encoding: "utf8" }).map(nameOfPath),
  ...sources().flatMap(({ path, types }) => types.map((type) => nameOfType(path, type))),
];

/** Simple plurals only: what comes out is compared, and shown to nobody. */
function singular(word: string): string {
  if (word === "news") return word;
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^sui]s$/.test(word) ? word.slice(0, -1) : word;
}

function wordsOf(words: readonly string[]): readonly string[] {
  return words.map((word) => singular(word.toLowerCase())).filter((word) => !/^\d*$/.test(word));
}

function nameOfPath(path: string): Name {
  const [stem = ""] = (path.split("/").at(-1) ?? "").split(".", 1);
  return { where: path, words: wordsOf(stem.split("-")) };
}

function nameOfType(path: string, type: string): Name {
  const parts = type.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/);
  return { where: `${path}: ${type}`, words: wordsOf(parts) };
}

/** The terms of a glossary: each a line `- **term**: meaning`, or `- **term** (documents): meaning`, below a heading. */
function termsIn(text: string): readonly Term[] {
  return text
    .split(/^## /m)
    .slice(1)
    .flatMap((part) => {
      const [section = "", ...lines] = part.split("\n");
      return lines.filter((line) => line.trim() !== "").map((line) => termIn(section, line));
    });
}

function termIn(section: string, line: string): Term {
  const found = /^- \*\*([^*]+)\*\*( \(documents\))?: (\S.*)$/.exec(line);
  if (found === null) throw new Error(`not a line of a term: ${line}`);
  const [, text = "", documents, meaning = ""] = found;
  return {
    section,
    words: wordsOf(text.split(/[ -]/)),
    text,
    documentsOnly: documents !== undefined,
    meaning,
  };
}

/** Whether `words` has `some`, one after the other, beginning at `at`. */
function hasAt(words: readonly string[], some: readonly string[], at: number): boolean {
  return some.every((word, index) => words[at + index] === word);
}

/** The words of a name that neither a term explains nor the dictionary. A term of two words explains the two together. */
function unexplained({ words }: Name, known: readonly Term[], dictionary: ReadonlySet<string>) {
  const explained = new Set<number>();
  for (const at of words.keys())
    for (const term of known)
      if (hasAt(words, term.words, at)) for (const index of term.words.keys()) explained.add(at + index);
  return words.filter((word, index) => !explained.has(index) && !dictionary.has(word));
}

/** Of the meaning of a term. */
const MOST_WORDS = 27;

test("each noun in the name of a file, a folder or an exported type is in the glossary", () => {
  const unknown = new Map<string, string>();
  for (const name of names)
    for (const word of unexplained(name, terms, plainWords)) {
      unknown.set(word, name.where);
    }
  expect([...unknown].sort().map(([word, where]) => `${word} (${where})`)).toEqual([]);
});

test("a plain word is no term as well", () => {
  const both = terms.filter(({ words: [word = "", ...more] }) => more.length === 0 && plainWords.has(word));
  expect(both.map(({ text }) => text)).toEqual([]);
});

test("each term is in a name, unless it is marked as one of the documents", () => {
  const inName = ({ words }: Term) =>
    names.some((name) => [...name.words.keys()].some((at) => hasAt(name.words, words, at)));
  expect(terms.filter((term) => term.documentsOnly === inName(term)).map(({ text }) => text)).toEqual([]);
});

test("a term of the documents is in a document", () => {
  const docs = resolve(root, "../docs");
  const pages = readdirSync(docs).filter((name) => name.endsWith(".md") && name !== "GLOSSARY.md");
  const all = pages
    .map((name) => readFileSync(join(docs, name), "utf8"))
    .join("\n")
    .toLowerCase();
  const missing = terms.filter(
    ({ documentsOnly, text }) => documentsOnly && !all.includes(text.toLowerCase()),
  );
  expect(missing.map(({ text }) => text)).toEqual([]);
});

test("each term is there once, in the alphabetical order of its section, and in few words", () => {
  const texts = terms.map(({ text }) => text.toLowerCase());
  expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
  for (const section of new Set(terms.map((term) => term.section))) {
    const its = terms.filter((term) => term.section === section).map(({ text }) => text.toLowerCase());
    expect(its).toEqual([...its].sort());
  }
  expect(terms.filter(({ meaning }) => meaning.split(" ").length > MOST_WORDS)).toEqual([]);
});

describe("what the words are looked at with", () => {
  const known = termsIn("# Words\n\n## Keys\n\n- **list key**: one\n- **roster** (documents): two\n");

  test("the words of names", () => {
    expect(nameOfPath("mail/list-headers.ts").words).toEqual(["list", "header"]);
    expect(nameOfPath("icons/seal-128.png").words).toEqual(["seal"]);
    expect(nameOfType("a", "SMTPReplies").words).toEqual(["smtp", "reply"]);
    expect(["addresses", "boxes", "status", "suffix", "keys"].map(singular)).toEqual([
      ...["address", "box", "status", "suffix", "key"],
    ]);
  });

  test("a term of two words explains the two together, and neither alone", () => {
    const of = (path: string) => unexplained(nameOfPath(path), known, new Set(["new"]));
    expect(of("new-list-keys.ts")).toEqual([]);
    expect(of("new-key.ts")).toEqual(["key"]);
    expect(of("list.ts")).toEqual(["list"]);
  });

  test("a line that is no term is refused", () => {
    expect(() => termsIn("## Keys\n\nsome prose\n")).toThrow("some prose");
    expect(known.map(({ documentsOnly }) => documentsOnly)).toEqual([false, true]);
  });

  test("types, and no values", () => {
    const text = "export interface A {} export type B = A; export class C {} export const d = 1;";
    expect(sourceOf("a.ts", text).types).toEqual(["A", "B", "C"]);
  });
});
