import { createMessage, encrypt, enums } from "openpgp";
import { codeOf } from "../../src/extension/platform/errors.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { openFile } from "../../src/membership/file/sealed-file.js";
import { certifyMember, checkIntroduction } from "../../src/membership/introduction/introduction.js";
import { noPins } from "../../src/membership/introduction/pins.js";
import {
  type Invitation,
  invitationFileName,
  knownListOf,
  makeCode,
  readInvitation,
  writeInvitation,
} from "../../src/membership/invitation/invitation.js";
import {
  armorOpeningKey,
  armorSealingKey,
  generateKey,
  type OpeningKey,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { split } from "../../src/openpgp/packets.js";
import { configFor } from "../../src/openpgp/policy.js";
import { type Kind, notations } from "../../src/protocol/binding.js";
import { bobAddress, DAY, daysAgo, mailOf, makeInvitation, person, team } from "./chain.js";
import { pairIn } from "./list-pair.js";

/** An invitation as plain values, to be compared. */
const plain = async (invitation: Invitation) => ({
  ...invitation,
  listKey: await armorOpeningKey(pairIn(invitation.listKey)),
  introduction: await armorOpeningKey(invitation.introduction),
  server: armorSealingKey(invitation.server),
  owners: invitation.owners.map(armorSealingKey),
});

/** A signed file without the stretching: what a bent file says is tested here, not what a guess costs. */
const sealQuickly = async (
  content: object | string,
  kind: Kind,
  signer: OpeningKey<"member">,
  code: string,
  { date = new Date(), config = {}, codes = [code] }: { date?: Date; config?: object; codes?: string[] } = {},
) => {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return encrypt({
    message: await createMessage({ binary: new TextEncoder().encode(text), date }),
    passwords: codes,
    signingKeys: signer.secret,
    signatureNotations: notations({ kind }),
    format: "binary",
    date,
    config: { ...quick, ...config },
  });
};
const quick = { ...configFor("compatible"), s2kIterationCountByte: 0 };

const outcome = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return "read";
  } catch (thrown) {
    return codeOf(thrown, "worker-failed");
  }
};

describe.each(["compatible", "rfc9580"] as const)("an invitation (%s)", (profile) => {
  let owner: OpeningKey<"member">;
  let invitation: Invitation;
  let file: Uint8Array;
  const code = makeCode();
  beforeAll(async () => {
    ({ owner, invitation } = await makeInvitation(profile));
    file = await writeInvitation(invitation, owner, code);
  });

  test("comes back whole, and makes Bob a member whom the others know", async () => {
    const read = await readInvitation(file, ` ${code.replaceAll("-", " ")} `);
    expect(await plain(read)).toEqual({ ...(await plain(invitation)), by: owner.fingerprint });
    expect(invitationFileName(read)).toBe("team-bob.listseal");
    const list = knownListOf(read);
    const bob = await certifyMember(read.introduction, await person("bob@x.test", profile), list);
    const { verdict } = await checkIntroduction(mailOf(bob, read.introduction), list, noPins);
    expect(verdict).toEqual({ kind: "introduced", by: owner.fingerprint });
  });

  test("is stretched as far as the profile allows", () => {
    const { keyPacket } = split(file);
    const specifier = keyPacket.subarray(profile === "compatible" ? 4 : 7);
    if (profile === "compatible") {
      expect([specifier[0], specifier[10]]).toEqual([enums.s2k.iterated, 255]);
    } else {
      expect([specifier[0], ...specifier.subarray(17, 20)]).toEqual([enums.s2k.argon2, 3, 4, 16]);
    }
  });

  test("says nothing of the list, the people or the code outside the seal", () => {
    const text = Buffer.from(file).toString("latin1");
    for (const word of ["team", "bob", "olga", "PGP", "listseal", "invitation", code.slice(0, 5)]) {
      expect(text).not.toContain(word);
    }
  });

  test("does not open with another invitation's code", async () => {
    expect(await outcome(readInvitation(file, makeCode()))).toMatch(
      profile === "compatible" ? /^(wrong-code|invitation-damaged)$/ : /^wrong-code$/,
    );
  });

  test("a mistyped code is found before anything is opened", async () => {
    const last = code.at(-1);
    expect(
      await outcome(readInvitation(new Uint8Array(), code.slice(0, -1) + ((Number(last) + 1) % 10))),
    ).toBe("wrong-code");
    expect(await outcome(readInvitation(file, ""))).toBe("wrong-code");
  });

  test("cut anywhere, it is damaged", async () => {
    for (let at = 0; at < file.length; at += 50) {
      expect(await outcome(readInvitation(file.subarray(0, at), code))).toBe("invitation-damaged");
    }
    expect(await outcome(readInvitation(Buffer.concat([file, Buffer.of(0)]), code))).toBe(
      "invitation-damaged",
    );
    expect(await outcome(readInvitation(Buffer.concat([file, file]), code))).toBe("invitation-damaged");
  });

  test("with any bit flipped it is refused, as damaged or, in the key packet, as another code's", async () => {
    const { keyPacket } = split(file);
    const places = [...keyPacket.keys(), ...Array.from({ length: 8 }, (_, i) => keyPacket.length + i * 997)];
    for (const at of places.filter((place) => place < file.length && (place < 8 || place % 11 === 0))) {
      const bent = Uint8Array.from(file);
      bent[at] = (bent[at] ?? 0) ^ (1 << (at % 8));
      const allowed = at < keyPacket.length ? /^(wrong-code|invitation-damaged)$/ : /^invitation-damaged$/;
      expect(await outcome(readInvitation(bent, code))).toMatch(allowed);
    }
  });

  test("is over after join-by", async () => {
    const after = new Date(invitation.joinBy.getTime() + 1000);
    expect(await outcome(readInvitation(file, code, after))).toBe("invitation-expired");
    expect(await outcome(readInvitation(file, code, new Date(invitation.joinBy.getTime() - 1000)))).toBe(
      "read",
    );
  });

  test("on a computer whose clock is an hour behind says that it comes from the future", async () => {
    expect(await outcome(readInvitation(file, code, new Date(Date.now() - 3_600_000)))).toBe(
      "from-the-future",
    );
  });
});

describe("a file that opens and is not what it should be", () => {
  let owner: OpeningKey<"member">;
  let invitation: Invitation;
  let content: { readonly [field: string]: unknown; readonly list?: object; readonly listKey?: string };
  const code = makeCode();
  beforeAll(async () => {
    ({ owner, invitation } = await makeInvitation("compatible"));
    const opened = await openFile(await writeInvitation(invitation, owner, code), code);
    content = JSON.parse(new TextDecoder().decode(opened.bytes));
  });
  const reads = async (bent: Record<string, unknown>, signer = owner) =>
    outcome(readInvitation(await sealQuickly(bent, "invitation", signer, code), code));
  const list = (more: object) => ({ ...content, list: { ...content.list, ...more } });

  test("the honest one reads, also with fields of a later minor version", async () => {
    expect(await reads(content)).toBe("read");
    expect(await reads({ ...list({ colour: "blue" }), more: 1 })).toBe("read");
  });

  test.each<[string, () => Record<string, unknown> | Promise<Record<string, unknown>>, string]>([
    ["a later version", () => ({ ...content, listseal: 2 }), "unsupported-version"],
    ["no version", () => ({ ...content, listseal: undefined }), "invitation-damaged"],
    ["a version that is text", () => ({ ...content, listseal: "1" }), "invitation-damaged"],
    ["a backup", () => ({ ...content, kind: "backup" }), "wrong-file-kind"],
    ["no list", () => ({ ...content, list: null }), "invitation-damaged"],
    ["a list that is an array", () => ({ ...content, list: [] }), "invitation-damaged"],
    ["an address in capitals", () => list({ address: "Team@lists.example" }), "invitation-damaged"],
    [
      "an address with a Kelvin sign",
      () => list({ address: "team@ban\u212a.example" }),
      "invitation-damaged",
    ],
    ["a name of two lines", () => list({ name: "Team\nBcc: eve@x.test" }), "invitation-damaged"],
    ["a name that turns the text", () => list({ name: "\u202emaet" }), "invitation-damaged"],
    ["a name of 101 characters", () => list({ name: "n".repeat(101) }), "invitation-damaged"],
    ["no name", () => list({ name: "" }), "invitation-damaged"],
    ["another mode", () => list({ mode: "clear" }), "invitation-damaged"],
    ["another delivery", () => list({ delivery: "" }), "invitation-damaged"],
    ["the wrong profile", () => list({ profile: "rfc9580" }), "invitation-damaged"],
    ["an impossible day", () => ({ ...content, joinBy: "2030-02-30T00:00:00Z" }), "invitation-damaged"],
    ["a day in local form", () => ({ ...content, joinBy: "1.8.2030" }), "invitation-damaged"],
    [
      "another join-by than the owner certified",
      () => ({ ...content, joinBy: "2040-01-01T00:00:00Z" }),
      "invitation-damaged",
    ],
    ["another invitee", () => ({ ...content, invitee: "eve@x.test" }), "invitation-damaged"],
    ["another list address", () => list({ address: "other@lists.example" }), "invitation-damaged"],
    ["no owners", () => ({ ...content, owners: [] }), "invitation-damaged"],
    [
      "51 owners",
      () => ({ ...content, owners: Array.from({ length: 51 }, () => armorSealingKey(sealingHalf(owner))) }),
      "invitation-damaged",
    ],
    [
      "an owner twice",
      () => ({ ...content, owners: [1, 2].map(() => armorSealingKey(sealingHalf(owner))) }),
      "wrong-role",
    ],
    ["a list key that is text", () => ({ ...content, listKey: "hello" }), "invitation-damaged"],
    [
      "a list key without its secret",
      () => ({ ...content, listKey: armorSealingKey(sealingHalf(pairIn(invitation.listKey))) }),
      "invitation-damaged",
    ],
    [
      "a list key cut short",
      () => ({ ...content, listKey: content.listKey?.slice(0, 300) }),
      "invitation-damaged",
    ],
    [
      "a locked list key",
      async () => ({ ...content, listKey: await armorOpeningKey(pairIn(invitation.listKey), "x") }),
      "invitation-damaged",
    ],
    [
      "a server key as list key",
      async () => ({
        ...content,
        listKey: await armorOpeningKey(await generateKey("server", { address: team, profile: "compatible" })),
      }),
      "wrong-role",
    ],
    [
      "a list key as server key",
      () => ({ ...content, server: armorSealingKey(sealingHalf(pairIn(invitation.listKey))) }),
      "wrong-role",
    ],
    [
      "another list key",
      async () => ({
        ...content,
        listKey: await armorOpeningKey(await generateKey("list", { address: team, profile: "compatible" })),
      }),
      "invitation-damaged",
    ],
    [
      "an expired server key",
      async () => ({
        ...content,
        server: armorSealingKey(
          sealingHalf(
            await generateKey("server", {
              address: team,
              profile: "compatible",
              date: daysAgo(9),
              expiresInSeconds: 86_400,
            }),
          ),
        ),
      }),
      "key-expired",
    ],
    [
      "an introduction that nobody certified",
      async () => ({
        ...content,
        introduction: await armorOpeningKey(
          await generateKey("introduction", { address: bobAddress, profile: "compatible" }),
        ),
      }),
      "invitation-damaged",
    ],
    [
      "the owner as introduction",
      async () => ({ ...content, introduction: await armorOpeningKey(owner) }),
      "wrong-role",
    ],
  ])("%s", async (_, bend, code) => {
    expect(await reads(await bend())).toBe(code);
  });

  test("signed by nobody, by a stranger, as another kind, or from the future", async () => {
    expect(await reads(content, await person("mallory@x.test"))).toBe("wrong-role");
    const asCard = await sealQuickly(content, "card", owner, code);
    expect(await outcome(readInvitation(asCard, code))).toBe("invitation-damaged");
    const unsigned = await encrypt({
      message: await createMessage({ binary: new TextEncoder().encode(JSON.stringify(content)) }),
      passwords: [code],
      format: "binary",
      config: quick,
    });
    expect(await outcome(readInvitation(unsigned, code))).toBe("wrong-role");
    const early = await sealQuickly(content, "invitation", owner, code, { date: new Date(Date.now() + DAY) });
    expect(await outcome(readInvitation(early, code))).toBe("from-the-future");
  });

  test("no JSON, other files, and files that cost their reader time", async () => {
    const under = async (text: string | Uint8Array) =>
      encrypt({
        message: await createMessage({
          binary: typeof text === "string" ? new TextEncoder().encode(text) : text,
        }),
        passwords: [code],
        format: "binary",
        config: quick,
      });
    for (const text of ["", "hello", "[]", "null", "{", '"x"', "{}"]) {
      expect(await outcome(readInvitation(await under(text), code))).toBe("invitation-damaged");
    }
    expect(
      await outcome(readInvitation(await under(Buffer.from('{"listseal":1,"\xff":1}', "latin1")), code)),
    ).toBe("invitation-damaged");
    expect(await outcome(readInvitation(new TextEncoder().encode(JSON.stringify(content)), code))).toBe(
      "invitation-damaged",
    );
    expect(await outcome(readInvitation(new Uint8Array(2_000_000), code))).toBe("too-large");
    const toKey = await encrypt({
      message: await createMessage({ text: "{}" }),
      encryptionKeys: owner.secret.toPublic(),
      format: "binary",
      config: quick,
    });
    expect(await outcome(readInvitation(toKey, code))).toBe("invitation-damaged");
  });

  test.each<[string, object, string?]>([
    [
      "many passes over the memory",
      {
        config: {
          s2kType: enums.s2k.argon2,
          s2kArgon2Params: { passes: 11, parallelism: 1, memoryExponent: 4 },
        },
      },
    ],
    ["two codes", { codes: ["another"] }],
    [
      "three megabytes of blanks",
      { config: { preferredCompressionAlgorithm: enums.compression.zlib } },
      " ".repeat(3_000_000),
    ],
  ])(
    "honest but for %s, it is refused",
    async (_, bent: { config?: object; codes?: string[] }, blanks = "") => {
      const codes = [code, ...(bent.codes ?? [])];
      const file = await sealQuickly(JSON.stringify(content) + blanks, "invitation", owner, code, {
        ...bent,
        codes,
      });
      expect(file.length).toBeLessThan(1_000_000);
      expect(await outcome(readInvitation(file, code))).toBe("invitation-damaged");
    },
  );

  test("is never written either", async () => {
    const writes = (bent: Partial<Invitation>, signer = owner) =>
      outcome(writeInvitation({ ...invitation, ...bent }, signer, code));
    expect(await writes({ invitee: parseAddress("eve@x.test") })).toBe("invitation-damaged");
    expect(await writes({ joinBy: new Date(0) })).toBe("invitation-damaged");
    expect(await writes({ profile: "rfc9580" })).toBe("invitation-damaged");
    expect(await writes({}, await person("mallory@x.test"))).toBe("wrong-role");
    expect(await outcome(writeInvitation(invitation, owner, "secret"))).toBe("wrong-code");
  });

  test("errors quote nothing of what is inside", async () => {
    const bent = list({ address: "Marker-7f3a@lists.example" });
    const file = await sealQuickly(bent, "invitation", owner, code);
    await expect(readInvitation(file, code)).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("arker") }),
    );
  });
});
