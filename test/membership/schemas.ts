/** The JSON Schemas of docs/schemas, made of the declarations that the code itself reads with. */
import { backupDeclaration } from "../../src/membership/file/backup.js";
import type { Declaration } from "../../src/membership/file/declaration.js";
import { FILE_VERSION } from "../../src/membership/file/json-fields.js";
import { invitationDeclaration } from "../../src/membership/invitation/invitation.js";
import { cardDeclaration } from "../../src/membership/invitation/server-card.js";
import { noticeDeclaration, receiptDeclaration } from "../../src/membership/notice/owner-notice.js";
import { answerDeclaration } from "../../src/membership/request/answers.js";
import { requestDeclaration } from "../../src/membership/request/request.js";
import { signedEntryDeclaration, unsignedEntryDeclaration } from "../../src/membership/roster/log.js";

/** By its name: what is declared, and what a person calls it. */
const declarations = {
  card: [cardDeclaration, "Server card"],
  invitation: [invitationDeclaration, "Invitation"],
  request: [requestDeclaration, "Request"],
  answer: [answerDeclaration, "Answer"],
  notice: [noticeDeclaration, "Owner's notice"],
  receipt: [receiptDeclaration, "Receipt"],
  "signed-entry": [signedEntryDeclaration, "Entry of the record, on somebody's signed word"],
  "unsigned-entry": [unsignedEntryDeclaration, "Entry of the record, by the operator or an unsubscribe link"],
  backup: [backupDeclaration, "Backup"],
} as const satisfies Record<string, readonly [Declaration<unknown>, string]>;

export type SchemaName = keyof typeof declarations;

/** Each schema by its name. */
export const schemas: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(
  Object.entries(declarations).map(([name, [{ schema }, title]]) => [
    name,
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `urn:listseal:v${FILE_VERSION}:${name}`,
      title,
      ...schema,
    },
  ]),
);

export const schemaFile = (name: string) => new URL(`../../docs/schemas/${name}.json`, import.meta.url);

/** The text of a schema's file. */
export const schemaText = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;

/** Reads `value` as the product does. */
export const declarationOf = (name: SchemaName): Declaration<unknown> => declarations[name][0];
