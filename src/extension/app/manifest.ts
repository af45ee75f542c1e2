import template from "../../../manifest.json" with { type: "json" };
import packageJson from "../../../package.json" with { type: "json" };

/** The programs that ListSeal is built for. */
export const targets = ["thunderbird", "chromium", "firefox"] as const;
/** A program that ListSeal is built for. */
export type Target = (typeof targets)[number];

/** A value of a JSON file. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Sizes of the pictures for Chromium, which takes no SVG, in pixels. */
export const PNG_SIZES = [16, 32, 48, 128] as const;

/** `{{chromium}}.background`: this key, in Chromium's manifest alone. */
const PREFIXED = /^\{\{(.+?)\}\}\.(.+)$/;

/**
 * The manifest of one build, made from `manifest.json` at the top of the project, which is Thunderbird's as it is. A key
 * `{{target}}.key` takes the place of `key` for that target, at any depth, and removes it if its value is null: the form that
 * vite-plugin-web-extension made common. The version is package.json's.
 *
 * @throws Error if a prefix names no {@link Target}
 */
export function manifestFor(target: Target, from: Json = template): { readonly [key: string]: Json } {
  const made = forTarget(target, from);
  if (!isRecord(made)) throw new Error("manifest.json is not an object");
  return { ...made, version: packageJson.version };
}

function forTarget(target: Target, value: Json): Json {
  if (isList(value)) return value.map((each) => forTarget(target, each));
  if (!isRecord(value)) return value;
  const made = new Map<string, Json>();
  const ours: (readonly [key: string, value: Json])[] = [];
  for (const [written, inside] of Object.entries(value)) {
    const [, name, key] = PREFIXED.exec(written) ?? [];
    if (key === undefined) made.set(written, forTarget(target, inside));
    else if (!targets.some((each) => each === name))
      throw new Error(`manifest.json: ${written} is for no build`);
    else if (name === target) ours.push([key, inside]);
  }
  for (const [key, inside] of ours) {
    if (inside === null) made.delete(key);
    else made.set(key, forTarget(target, inside));
  }
  return Object.fromEntries(made);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !isList(value);
