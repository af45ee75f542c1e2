/** Mails to a list's request address: as they come, and, for whoever holds a key, what is inside the seal. */
import { parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { commandNames } from "../../src/membership/request/command-names.js";
import { claimedSigners, verifySigned, writeRequest } from "../../src/membership/request/request.js";
import { armorSealingKey, sealingHalf } from "../../src/openpgp/keys.js";
import { sealLayer } from "../../src/openpgp/seal-layer.js";
import { signBinding } from "../../src/protocol/binding.js";
import { writeServerKey } from "../../src/server/parse/key-transfer.js";
import { readHere } from "../../test/server/read-here.js";
import { NOW, vectorCast } from "../../test/vectors/cast.js";
import { promise, type Target } from "../target.js";

const date = NOW;
const cast = vectorCast("compatible");
const listAddress = async () => parseAddress((await cast).address);

/** An input that begins like this is what stands inside the seal; any other is the mail. */
const INSIDE = 0x7b;

async function mailAround(sealed: Uint8Array): Promise<Uint8Array> {
  const list = await listAddress();
  return writeRequestMail({
    kind: "request",
    list,
    from: { address: parseAddress("alice@example.test") },
    to: { address: requestAddress(list) },
    date,
    messageId: "<1@example.test>",
    sealed,
  });
}

/** The octets, signed by Alice as a request, and sealed to the server. */
async function sealedBy(inside: Uint8Array): Promise<Uint8Array> {
  const { alice, serverKey } = await cast;
  const server = sealingHalf(serverKey);
  const signature = await signBinding(inside, alice, { kind: "request" }, [server.fingerprint], date);
  return sealLayer(inside, signature, [server], "compatible", date);
}

async function json(command: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
  const { address, listKey } = await cast;
  return Buffer.from(
    JSON.stringify({
      listseal: 1,
      kind: "request",
      ...command,
      id: "00112233445566778899aabbccddeeff",
      date: date.toISOString().replace(/\.\d+Z$/, "Z"),
      list: { address, key: listKey.fingerprint },
    }),
  );
}

export const target: Target = {
  name: "requests",
  async seeds() {
    const { address, alice, listKey, serverKey } = await cast;
    const certificate = armorSealingKey(sealingHalf(alice));
    const fields = {
      address: "bob@example.test",
      fingerprint: alice.fingerprint,
      name: "Bob",
      role: "moderator",
      shape: "mixed",
      certificate,
      messageId: "<1@example.test>",
      author: alice.fingerprint,
      serial: 3,
      copies: [{ address: "bob@example.test", notice: "YWJj" }],
    };
    const list = { address: parseAddress(address), key: listKey.fingerprint };
    const leave = await writeRequest(
      { id: "00112233445566778899aabbccddeeff", date, list, command: { do: "leave" } },
      { signers: [alice], server: sealingHalf(serverKey) },
    );
    return [
      await mailAround(leave),
      ...(await Promise.all(commandNames.map((name) => json({ do: name, ...fields })))),
    ];
  },
  words: [
    ...[
      '"do":"',
      '"claim"',
      '"join"',
      '"notice"',
      '"enrol"',
      '"certificate":',
      '"fingerprint":"',
      "null",
      "[]",
    ],
    ...["{}", '"__proto__":', "\\ud800", "\\u0000", "1e999", "-1", "9007199254740993", '"listseal":2'],
    ...["Content-Type: application/vnd.listseal.request\r\n", "Content-Transfer-Encoding: base64\r\n"],
  ],
  async take(input) {
    const { address, listKey, serverKey } = await cast;
    const isInside = input[0] === INSIDE;
    const raw = isInside ? await mailAround(await sealedBy(input)) : input;
    const made = await readHere.do("request", {
      raw: Uint8Array.from(raw),
      servers: [await writeServerKey(serverKey)],
      list: { address: parseAddress(address), keys: [listKey.fingerprint] },
    });
    if (made.kind !== "opened") return;
    const { opened } = made;
    if (isInside) promise(Buffer.from(opened.signed.bytes).equals(input), "other octets than were signed");
    const { command } = opened.request;
    promise(commandNames.includes(command.do), "a command of an unknown name");
    promise((await claimedSigners(opened)).length <= 16, "a crowd of signers");
    const { alice } = await cast;
    await verifySigned(opened, [sealingHalf(alice).certificate], date);
  },
};
