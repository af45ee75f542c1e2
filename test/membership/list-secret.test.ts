/**
 * A list whose key is a shared secret: the invitation that brings it, and the notice that brings the next one, which a
 * quantum computer must not be enough to open.
 */
import { parseAddress } from "../../src/mail/mailbox.js";
import { openFile } from "../../src/membership/file/sealed-file.js";
import {
  type Invitation,
  makeCode,
  readInvitation,
  writeInvitation,
} from "../../src/membership/invitation/invitation.js";
import {
  type ListBeforeNotice,
  type Notice,
  noticeBytes,
  openNotice,
  writeNotice,
} from "../../src/membership/notice/owner-notice.js";
import { noticeOf, packetFor, sealForMembers } from "../../src/membership/notice/shared-notice.js";
import { jsonBytes } from "../../src/membership/request/request.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import { generateKey, generateMemberKey, type OpeningKey, sealingHalf } from "../../src/openpgp/keys.js";
import { generateListKey } from "../../src/openpgp/list-keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { sealLayer } from "../../src/openpgp/seal-layer.js";
import { generateSecret, isSecret, passphraseOf, type SharedSecret } from "../../src/openpgp/secrets.js";
import { signBinding } from "../../src/protocol/binding.js";
import { makeInvitation, team } from "./chain.js";

const outcome = async (act: Promise<{ readonly kind: string }>): Promise<string> => {
  try {
    return (await act).kind;
  } catch (error) {
    if (error instanceof ListSealError) return error.code;
    throw error;
  }
};

describe.each(["compatible", "rfc9580"] as const)("an invitation to a list with a secret (%s)", (profile) => {
  let owner: OpeningKey<"member">;
  let invitation: Invitation;
  const code = makeCode();
  beforeAll(async () => {
    ({ owner, invitation } = await makeInvitation(profile, "secret"));
  });

  test("brings the secret, and says to programs that know none that they are too old", async () => {
    const file = await writeInvitation(invitation, owner, code);
    const read = await readInvitation(file, code);
    const { listKey } = invitation;
    if (!isSecret(listKey) || !isSecret(read.listKey)) throw new Error("no secret");
    expect(passphraseOf(read.listKey)).toBe(passphraseOf(listKey));
    expect(read.listKey).toMatchObject({ fingerprint: listKey.fingerprint, profile, role: "list" });
    const { bytes } = await openFile(file, code);
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
      listseal: 2,
      listKey: passphraseOf(listKey),
    });
  });

  test("an introduction for another secret is for another list", async () => {
    const other = { ...invitation, listKey: await generateListKey("secret", { address: team, profile }) };
    await expect(writeInvitation(other, owner, code)).rejects.toMatchObject({ code: "invitation-damaged" });
  });
});

describe.each(["compatible", "rfc9580"] as const)("the next secret (%s)", (profile) => {
  let olga: OpeningKey<"member">;
  let bob: OpeningKey<"member">;
  let server: OpeningKey<"server">;
  let first: SharedSecret<"list">;
  let second: SharedSecret<"list">;
  let third: SharedSecret<"list">;
  let known: ListBeforeNotice;

  const now = new Date(Math.floor(Date.now() / 1000) * 1000);
  const noticeFor = (
    listKey: SharedSecret<"list"> | OpeningKey<"list">,
    { serial, replaces }: { readonly serial: number; readonly replaces: SharedSecret<"list"> },
  ): Notice => ({
    serial,
    date: now,
    list: { address: team, key: replaces.fingerprint },
    news: { kind: "new-list-key", listKey, graceEnds: now },
  });
  const toSecond = () => noticeFor(second, { serial: 1, replaces: first });
  const knownWith = (...secrets: readonly SharedSecret<"list">[]): ListBeforeNotice => ({
    ...known,
    keys: secrets.map(({ fingerprint }) => fingerprint),
    secrets,
  });

  beforeAll(async () => {
    const member = (name: string) => generateMemberKey({ address: `${name}@x.test`, name, profile });
    [olga, bob] = await Promise.all([member("olga"), member("bob")]);
    server = await generateKey("server", { address: team, profile });
    [first, second, third] = await Promise.all([1, 2, 3].map(() => generateSecret("list", profile))).then(
      ([one, two, three]) => {
        if (one === undefined || two === undefined || three === undefined) throw new Error("three secrets");
        return [one, two, three] as const;
      },
    );
    known = {
      address: team,
      profile,
      keys: [first.fingerprint],
      secrets: [first],
      owners: [{ certificate: sealingHalf(olga), address: parseAddress("olga@x.test"), from: 0 }],
      server: sealingHalf(server),
      serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
    };
  });

  test("reaches a member who has the one before, alone and sealed once for all", async () => {
    const alone = await writeNotice(toSecond(), olga, sealingHalf(bob), [first]);
    const { dataPacket, sessionKey } = await sealForMembers(toSecond(), olga, [first]);
    const shared = noticeOf(await packetFor(sealingHalf(bob), sessionKey, new Date()), dataPacket);
    for (const sealed of [alone, shared]) {
      const read = await openNotice(sealed, bob, known);
      if (read.kind !== "news" || read.notice.news.kind !== "new-list-key") throw new Error("no list key");
      const { listKey } = read.notice.news;
      if (!isSecret(listKey)) throw new Error("no secret");
      expect(passphraseOf(listKey)).toBe(passphraseOf(second));
    }
  });

  /** What an attacker reads who has recorded everything, and whose quantum computer gives them every member's key. */
  const whatQuantumOpens = async (sealed: Uint8Array): Promise<string> => {
    const layer = await openLayer(sealed, bob);
    return layer === "not-for-me" ? "" : new TextDecoder().decode(layer.literal);
  };

  test("attack: whoever breaks every certificate has the next secret, where it is sealed to certificates alone", async () => {
    const notice = toSecond();
    const written: unknown = JSON.parse(new TextDecoder().decode(await noticeBytes(notice, [first])));
    if (typeof written !== "object" || written === null) throw new Error("no notice");
    const bytes = jsonBytes({ ...written, listKey: passphraseOf(second) });
    const signature = await signBinding(
      bytes,
      olga,
      { kind: "new-list-key" },
      [bob.fingerprint],
      notice.date,
    );
    const careless = await sealLayer(bytes, signature, [sealingHalf(bob)], profile, notice.date);
    expect(await whatQuantumOpens(careless)).toContain(passphraseOf(second));
    // and nobody takes such a notice: its owner's program has sealed it for that computer
    expect(await outcome(openNotice(careless, bob, known))).toBe("damaged");
  });

  test("with the defence they have a message under the secret before, which they never had", async () => {
    const sealed = await writeNotice(toSecond(), olga, sealingHalf(bob), [first]);
    const opened = await whatQuantumOpens(sealed);
    expect(opened).not.toContain(passphraseOf(second));
    const said: unknown = JSON.parse(opened);
    expect(said).toMatchObject({
      listKey: { id: second.fingerprint, sealed: [{ under: first.fingerprint }] },
    });
    // a former member has that one: this is what THREAT-MODEL says of them
    const message = /"message": "([^"]+)"/.exec(opened)?.[1] ?? "";
    const inside = await openLayer(Buffer.from(message, "base64"), first);
    expect(inside !== "not-for-me" && new TextDecoder().decode(inside.literal)).toBe(passphraseOf(second));
  });

  test("is never written under certificates alone", async () => {
    for (const before of [undefined, []] as const) {
      await expect(writeNotice(toSecond(), olga, sealingHalf(bob), before)).rejects.toThrow("no secret");
      await expect(sealForMembers(toSecond(), olga, before)).rejects.toThrow("no secret");
    }
  });

  test("whoever was away for two epochs takes both, in any order", async () => {
    const toThird = noticeFor(third, { serial: 2, replaces: second });
    const sealed = await writeNotice(toThird, olga, sealingHalf(bob), [second, first]);
    expect(await outcome(openNotice(sealed, bob, known))).toBe("news");
    const late = await writeNotice(toSecond(), olga, sealingHalf(bob), [first]);
    const after = { ...knownWith(third, first), serials: { ...known.serials, "new-list-key": 2 } };
    expect(await outcome(openNotice(late, bob, after))).toBe("former-list-key");
  });

  test("without any secret that it is sealed under, its reader is told what to do", async () => {
    const sealed = await writeNotice(
      noticeFor(third, { serial: 2, replaces: second }),
      olga,
      sealingHalf(bob),
      [second],
    );
    expect(await outcome(openNotice(sealed, bob, known))).toBe("former-secret-missing");
  });

  test("a list keeps the kind of its key", async () => {
    const pair = await generateKey("list", { address: team, profile });
    const back = await writeNotice(noticeFor(pair, { serial: 1, replaces: first }), olga, sealingHalf(bob));
    expect(await outcome(openNotice(back, bob, known))).toBe("wrong-list");
    const forth = await writeNotice(toSecond(), olga, sealingHalf(bob), [first]);
    const ofPair = { ...known, keys: [pair.fingerprint], secrets: [] };
    expect(await outcome(openNotice(forth, bob, ofPair))).toBe("wrong-list");
  });

  test("another secret than its id says is not taken", async () => {
    const renamed = { ...second, fingerprint: third.fingerprint };
    const sealed = await writeNotice(
      noticeFor(renamed, { serial: 1, replaces: first }),
      olga,
      sealingHalf(bob),
      [first],
    );
    expect(await outcome(openNotice(sealed, bob, known))).toBe("damaged");
  });
});
