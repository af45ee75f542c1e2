/** Invitations, also from somebody who knows the code and changes what is inside. */
import { existsSync, readFileSync } from "node:fs";
import { createMessage, decrypt, encrypt, readMessage } from "openpgp";
import { type Invitation, readInvitation } from "../../src/membership/invitation/invitation.js";
import { armorOpeningKey, armorSealingKey } from "../../src/openpgp/keys.js";
import { configFor } from "../../src/openpgp/policy.js";
import { pairIn } from "../../test/membership/list-pair.js";
import type { Random } from "../random.js";
import { promise, type Target } from "../target.js";
import { joined, varied } from "../vary.js";

/** Stretched as little as can be: what a guess costs is not asked here. */
export const quick = { ...configFor("compatible"), s2kIterationCountByte: 0 };

const fixture = new URL("../fixtures/invitation.txt", import.meta.url);
const [code = "", date = "", ...lines] = existsSync(fixture) ? readFileSync(fixture, "utf8").split("\n") : [];
const file = new Uint8Array(Buffer.from(lines.join(""), "base64"));
const now = new Date(date);

/** All of it, as text to be compared. */
async function plain(invitation: Invitation): Promise<string> {
  return JSON.stringify({
    ...invitation,
    listKey: await armorOpeningKey(pairIn(invitation.listKey)),
    introduction: await armorOpeningKey(invitation.introduction),
    server: armorSealingKey(invitation.server),
    owners: invitation.owners.map(armorSealingKey),
  });
}
let honest: Promise<string> | undefined;

const words = [
  '"kind": "card"',
  '"listseal": 2',
  '"list": {}',
  '"owners": []',
  '"listKey": null',
  '"joinBy": "2999-01-01T00:00:00Z"',
  '"invitee": "mallory@evil.test"',
  "__proto__",
  "\\u0000",
  "[[[[[[",
  '{"a":',
  "-----BEGIN PGP PUBLIC KEY BLOCK-----\\n",
] as const;

/** Another content under the same signature and the same code. */
async function vary(seed: Uint8Array, random: Random): Promise<Uint8Array> {
  if (seed !== file) return seed;
  const { data, signatures } = await decrypt({
    message: await readMessage({ binaryMessage: file }),
    passwords: [code],
    format: "binary",
  });
  const content = new Uint8Array(data);
  const altered = await createMessage({ binary: varied(content, random, words, [content]) });
  const signed = await Promise.all(signatures.map(async ({ signature }) => (await signature).write()));
  // RFC 9580, 10.3: a signature may come before what it is over
  const message = await readMessage({ binaryMessage: joined(...signed, altered.write()) });
  return encrypt({ message, passwords: [code], format: "binary", config: quick });
}

export const target: Target = {
  name: "invitation",
  seeds: async () => [file],
  words: [],
  vary,
  take: async (input) => {
    honest ??= readInvitation(file, code, now).then(plain, () => "the fixture itself can't be read");
    const expected = await honest;
    promise(expected.startsWith("{"), expected);
    promise(
      (await plain(await readInvitation(input, code, now))) === expected,
      "an altered invitation was taken",
    );
  },
};
