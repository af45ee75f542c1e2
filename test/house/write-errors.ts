/** `npm run errors`: writes docs/ERRORS.md from the sources and the English sentences. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import en from "../../public/_locales/en/messages.json" with { type: "json" };
import { errorsPage, situationsIn } from "./error-situations.js";
import { sources } from "./sources.js";

const page = fileURLToPath(new URL("../../docs/ERRORS.md", import.meta.url));
writeFileSync(page, errorsPage(situationsIn(sources()), en));
