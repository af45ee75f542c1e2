/** Reads `listseal.toml`; a mistake in it is reported with its line and key, in plain words. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import type { z } from "zod";
import { type Config, configSchema } from "./config-schema.js";

export type { Config } from "./config-schema.js";

/** The file can't be used; the sentences are for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** By line: `line 9` before `line 10`. */
const inOrder = new Intl.Collator("en", { numeric: true });

/** The configuration of an empty file. */
export const defaultConfig: Config = configSchema.parse({});

/** The configuration in `text`. @param file its name, for the sentences. @throws ConfigError */
export function readConfig(text: string, file: string): Config {
  let table: unknown;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = "not TOML"] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw new ConfigError(`${file}, line ${error.line}: ${reason}`);
  }
  const read = configSchema.safeParse(table);
  if (read.success) return read.data;
  const wrong = read.error.issues.flatMap((issue) => sentences(issue, text, file));
  throw new ConfigError(wrong.sort(inOrder.compare).join("\n"));
}

/**
 * The configuration in `file`, with its paths made whole: they start at the file's folder.
 *
 * @throws ConfigError, also if the file can't be read
 */
export async function readConfigFile(file: string): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw new ConfigError(`${file} can't be read: check its path and permissions`);
  }
  const base = dirname(resolve(file));
  const config = readConfig(text, file);
  const whole = (path: string | undefined) => (path === undefined ? undefined : resolve(base, path));
  const pem = <T extends { certificate?: string | undefined; key?: string | undefined }>(part: T): T => ({
    ...part,
    certificate: whole(part.certificate),
    key: whole(part.key),
  });
  return {
    ...config,
    data: whole(config.data),
    smtp: pem(config.smtp),
    lmtp: pem(config.lmtp),
    web: pem(config.web),
    relay: { ...config.relay, ca: whole(config.relay.ca) },
    keys: { ...config.keys, "passphrase-file": whole(config.keys["passphrase-file"]) },
  };
}

/** One line for each thing that is wrong. */
function sentences(issue: z.core.$ZodIssue, text: string, file: string): readonly string[] {
  const at = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${place(text, file, [...at, key])}: there is no such setting`);
  }
  return [`${place(text, file, at)}: ${plain(issue)}`];
}

function plain(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${issue.expected === "int" ? "a whole number" : withArticle(issue.expected)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map((value) => `"${String(value)}"`).join(", ")}`;
    default:
      return issue.message;
  }
}

const withArticle = (type: string) => (type === "object" ? "a [table]" : `a ${type}`);

function place(text: string, file: string, path: readonly string[]): string {
  const line = lineOf(text, path);
  return `${file}${line === undefined ? "" : `, line ${line}`}, ${path.join(".")}`;
}

/** The line on which `table.key` is set, from 1; the parser keeps no positions. The table's own line if the key isn't there. */
function lineOf(text: string, path: readonly string[]): number | undefined {
  const key = path.at(-1);
  let table = "";
  let found: number | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, header] = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line) ?? [];
    if (header !== undefined) {
      table = header.replaceAll(/\s*\.\s*|["']/g, (part) => (part.includes(".") ? "." : ""));
      if (table === path.join(".")) found ??= index + 1;
      continue;
    }
    const [, name] = /^\s*["']?([\w-]+)["']?\s*=/.exec(line) ?? [];
    if (name === key && table === path.slice(0, -1).join(".")) return index + 1;
  }
  return found;
}
