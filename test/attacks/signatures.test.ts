/** Attacks on a signature's own form: two of them, doubled, foreign or unsigned notations, a signature over text. */
import { createMessage, enums, PacketList, readSignature, Signature, SignaturePacket, sign } from "openpgp";
import { configFor } from "../../src/openpgp/policy.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import { bindingNames, notations, readNotations } from "../../src/protocol/binding.js";
import {
  openAtServer,
  openPost,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
} from "../../src/protocol/index.js";
import { type Cast, keysOf, listOf, makeCast, saysAlice } from "../protocol/people.js";
import { bytes, encryptWith, nameOf, signs, submits } from "./forge.js";
import { anyGoodSignature, lastNotation, notationAnywhere } from "./naive/lenient.js";
import { naiveReader } from "./naive/naive-reader.js";
import { roster } from "./naive/naive-server.js";

const fresh = "<fresh@example.test>";
let cast: Cast;
const certificateOf = (person: "alice" | "bob") => sealingHalf(cast[person]).certificate;
const trusting = () => naiveReader({ without: ["strict-signature", "kind", "list", "message-id"] });
const bobReads = (sealed: SealedMessage, says: Parameters<typeof openPost>[2]) =>
  openPost(sealed, keysOf(cast, cast.bob), says);

/** Bob posts a payload with these signatures; what he gets back from the real server. */
async function asPost(payload: Uint8Array, signatures: Parameters<typeof encryptWith>[1]) {
  const inner = await encryptWith(payload, signatures, [sealingHalf(cast.listKey).certificate]);
  const context = { list: listOf(cast), server: cast.serverKey, author: sealingHalf(cast.bob) };
  const opened = await openAtServer(await submits(cast, cast.bob, inner, fresh), context);
  return resealFor(await prepareReseal(opened, { ...context, roster }), sealingHalf(cast.bob));
}

beforeAll(async () => {
  cast = await makeCast("compatible");
});

describe("signatures with too much in them", () => {
  const data = bytes("words");
  const verifyAsAlice = (signatures: Parameters<typeof verifyOnly>[1]) =>
    verifyOnly(data, signatures, certificateOf("alice"), new Date());

  async function twice() {
    const says = { kind: "post", list: nameOf(listOf(cast)), msgid: fresh } as const;
    const both = [await signs(cast.bob, data, says), await signs(cast.alice, data, says)];
    return { both, copy: await asPost(data, both) };
  }

  test("two signatures, one of them good: enough for a library", async () => {
    const { copy } = await twice();
    const shown = await trusting()(copy, keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown.author).toBe(cast.alice.fingerprint);
  });

  test("two signatures, one of them good: too many for the real reader", async () => {
    const { both, copy } = await twice();
    await expect(bobReads(copy, saysAlice(cast, fresh))).rejects.toMatchObject({
      code: "several-signatures",
    });
    await expect(verifyAsAlice(both)).rejects.toMatchObject({ code: "several-signatures" });
  });

  async function withNotations(signatureNotations: ReturnType<typeof notations>) {
    const written: Uint8Array = await sign({
      message: await createMessage({ binary: data }),
      signingKeys: cast.alice.secret,
      detached: true,
      format: "binary",
      signatureNotations,
      config: configFor("compatible"),
    });
    return readSignature({ binarySignature: written });
  }

  async function doubled() {
    const both = [
      ...notations({ kind: "post", list: "other@lists.example 00", msgid: fresh }),
      ...notations({ list: nameOf(listOf(cast)) }),
    ];
    return (await verifyAsAlice([await withNotations(both)])).notations;
  }

  test("doubled notations: a library gives the last, a search the first, and two ends of a check disagree", async () => {
    const said = await doubled();
    expect(lastNotation(said, "list")).toBe(nameOf(listOf(cast)));
    const first = said.find(({ name }) => name.startsWith("list@"));
    expect(new TextDecoder().decode(first?.value)).toBe("other@lists.example 00");
  });

  test("doubled notations: the real check gives none", async () => {
    const said = await doubled();
    expect(() => readNotations(said, "post", bindingNames("post", "key"))).toThrow(
      expect.objectContaining({ code: "binding-missing" }),
    );
  });

  async function withMore() {
    const extra = notations({
      kind: "post",
      list: nameOf(listOf(cast)),
      msgid: fresh,
      by: cast.eve.fingerprint,
    });
    return (await verifyAsAlice([await withNotations(extra)])).notations;
  }

  test("a notation of another kind: whoever reads the names that they want reads it as that kind, too", async () => {
    const said = await withMore();
    expect(["list", "msgid", "by"].map((name) => lastNotation(said, name))).toEqual([
      nameOf(listOf(cast)),
      fresh,
      cast.eve.fingerprint,
    ]);
  });

  test("a notation of another kind: the real check allows the kind's own names alone", async () => {
    const said = await withMore();
    expect(() => readNotations(said, "post", bindingNames("post", "key"))).toThrow(
      expect.objectContaining({ code: "binding-mismatch" }),
    );
  });

  test("a notation of a later version is told apart from none", async () => {
    const later = notations({ kind: "post" }).map((each) => ({
      ...each,
      name: each.name.replace("@v1.", "@v2."),
    }));
    const { notations: said } = await verifyAsAlice([await withNotations(later)]);
    expect(() => readNotations(said, "post", [])).toThrow(
      expect.objectContaining({ code: "unsupported-version" }),
    );
  });

  /** A good signature that says nothing, with "kind: post" where the issuer key id stands: in the part that is not signed. */
  async function withUnsignedNotation() {
    const signature = await withNotations([]);
    const [packet] = signature.packets;
    if (packet === undefined) throw new Error("no packet");
    const again = new SignaturePacket();
    again.read(withUnhashedNotation(packet.write(), notations({ kind: "post" })[0]));
    const list = new PacketList<SignaturePacket>();
    list.push(again);
    return { packet: again, signature: new Signature(list) };
  }

  test("notations in the part of a signature that nobody signed: a search through the packet finds them, and it verifies", async () => {
    const { packet, signature } = await withUnsignedNotation();
    expect(notationAnywhere(packet, "kind")).toBe("post");
    await expect(verifyAsAlice([signature])).resolves.toMatchObject({ by: cast.alice.fingerprint });
  });

  test("notations in the part of a signature that nobody signed are not read", async () => {
    const { packet } = await withUnsignedNotation();
    expect(() => readNotations(packet.rawNotations, "post", [])).toThrow(
      expect.objectContaining({ code: "binding-missing" }),
    );
  });
});

/** A v4 signature packet's body with a notation more among its unhashed subpackets. */
function withUnhashedNotation(
  body: Uint8Array,
  notation: ReturnType<typeof notations>[number] | undefined,
): Uint8Array {
  if (notation === undefined) throw new Error("no notation");
  const view = Buffer.from(body);
  const unhashedAt = 6 + view.readUInt16BE(4);
  const size = view.readUInt16BE(unhashedAt);
  const name = bytes(notation.name);
  const content = Buffer.concat([
    Uint8Array.of(20, 0x80, 0, 0, 0, 0, name.length, 0, notation.value.length),
    name,
    notation.value,
  ]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(size + content.length + 1);
  const rest = unhashedAt + 2 + size;
  return Buffer.concat([
    view.subarray(0, unhashedAt),
    length,
    view.subarray(unhashedAt + 2, rest),
    Uint8Array.of(content.length),
    content,
    view.subarray(rest),
  ]);
}

describe("a signature of type text (0x01) is good for bytes that differ in their line ends", () => {
  const payloads = ["a\nb\n", "a\r\nb\r\n"].map(bytes);
  let signature: Awaited<ReturnType<typeof readSignature>>;
  beforeAll(async () => {
    const text: Uint8Array = await sign({
      message: await createMessage({ text: "a\nb\n" }),
      signingKeys: cast.alice.secret,
      detached: true,
      format: "binary",
      signatureNotations: notations({ kind: "post", list: nameOf(listOf(cast)), msgid: fresh }),
      config: configFor("compatible"),
    });
    signature = await readSignature({ binarySignature: text });
  });

  test("passes a plain check of two different payloads", async () => {
    expect(signature.packets[0]?.signatureType).toBe(enums.signature.text);
    for (const payload of payloads) {
      const good = await anyGoodSignature(payload, [signature], [certificateOf("alice")], new Date());
      expect(good).toBeDefined();
    }
  });

  test("is refused by its type", async () => {
    for (const payload of payloads) {
      await expect(
        verifyOnly(payload, [signature], certificateOf("alice"), new Date()),
      ).rejects.toMatchObject({ code: "wrong-kind" });
    }
  });
});
