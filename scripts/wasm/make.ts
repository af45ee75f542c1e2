/** Writes the modules into the source tree: `npx tsx scripts/wasm/make.ts`. Tests compare them with what this makes. */
import { writeFileSync } from "node:fs";
import { aesCfbModule } from "./aes-cfb.js";

function write(file: string, name: string, program: string, module: Uint8Array): void {
  const base64 = Buffer.from(module).toString("base64");
  const lines = (base64.match(/.{1,100}/g) ?? []).map((line) => `  "${line}"`);
  const source = `/** Made by scripts/wasm/make.ts from ${program}; a test holds that these are its bytes. In base64. */
export const ${name} = [
${lines.join(",\n")},
].join("");
`;
  writeFileSync(new URL(`../../src/${file}`, import.meta.url), source);
}

write("openpgp/cfb/aes-module.ts", "aesModule", "aes-cfb.ts", aesCfbModule());
