/** A request as an owner with GnuPG alone writes it: signed, armored, and not sealed. */
import { createMessage, sign } from "openpgp";
import { type Command, newRequestId } from "../../src/membership/request/request.js";
import type { OpeningKey } from "../../src/openpgp/keys.js";
import { notations } from "../../src/protocol/binding.js";

/** `command` has only fields that are JSON as they stand. */
export async function signedFile(
  list: { readonly address: string; readonly key: { readonly fingerprint: string } },
  command: Extract<Command, { do: "resume-server" }>,
  by: OpeningKey<"member">,
  date = new Date(),
): Promise<string> {
  const json = JSON.stringify({
    listseal: 1,
    kind: "request",
    id: newRequestId(),
    date: date.toISOString().replace(/\.\d{3}Z$/, "Z"),
    list: { address: list.address, key: list.key.fingerprint },
    ...command,
  });
  return sign({
    message: await createMessage({ binary: new TextEncoder().encode(json), filename: "", date }),
    signingKeys: by.secret,
    signatureNotations: notations({ kind: "request" }),
    date,
    format: "armored",
  });
}
