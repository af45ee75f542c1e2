/** `npm run schemas`: writes docs/schemas from the declarations in src/membership. */
import { mkdirSync, writeFileSync } from "node:fs";
import { schemaFile, schemas, schemaText } from "./schemas.js";

mkdirSync(new URL(".", schemaFile("card")), { recursive: true });
for (const [name, schema] of schemas) writeFileSync(schemaFile(name), schemaText(schema));
