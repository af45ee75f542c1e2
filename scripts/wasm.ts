/**
 * `npm run wasm` assembles `src/openpgp/cfb/aes-cfb.wat` into `aes-module.ts` beside it. Both are checked in, so that neither a
 * build nor the server needs the assembler, and a test compares them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const source = new URL("../src/openpgp/cfb/aes-cfb.wat", import.meta.url);
/** What is made of it. */
export const madeFile = new URL("./aes-module.ts", source);

/** The text of {@link madeFile}. The same on every machine: the assembler turns each instruction into its bytes, and no more. */
export async function makeModule(): Promise<string> {
  const { parseWat } = await wabt();
  const parsed = parseWat("aes-cfb.wat", readFileSync(source, "utf8"));
  try {
    parsed.validate();
    const base64 = Buffer.from(parsed.toBinary({}).buffer).toString("base64");
    const lines = (base64.match(/.{1,100}/g) ?? []).map((line) => `  "${line}"`);
    return `/** Made from aes-cfb.wat by \`npm run wasm\`; a test compares the two. In base64. */
export const aesModule = [
${lines.join(",\n")},
].join("");
`;
  } finally {
    parsed.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(madeFile, await makeModule());
