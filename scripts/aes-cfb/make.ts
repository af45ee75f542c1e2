/** Writes `src/protocol/cfb/aes-module.ts`: `npx tsx scripts/aes-cfb/make.ts`. A test compares it with what this makes. */
import { writeFileSync } from "node:fs";
import { aesCfbModule } from "./program.js";

const base64 = Buffer.from(aesCfbModule()).toString("base64");
const lines = (base64.match(/.{1,100}/g) ?? []).map((line) => `  "${line}"`);
const source = `/** Made by scripts/aes-cfb/make.ts from the program beside it; a test holds that these are its bytes. In base64. */
export const aesModule = [
${lines.join(",\n")},
].join("");
`;
writeFileSync(new URL("../../src/protocol/cfb/aes-module.ts", import.meta.url), source);
