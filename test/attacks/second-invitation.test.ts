/**
 * Attacks by files: Mallory is a member, so she has the list key and knows the server, and she writes an invitation that names
 * herself as the list's owner. The add-ons are as they are, and so is the server.
 */
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { claimAnswered } from "../../src/extension/owner/claim-list.js";
import { listForWorker, type OwnedList } from "../../src/extension/records/owned-list.js";
import { ownedRecord } from "../../src/extension/records/owned-storage.js";
import { load } from "../../src/extension/records/storage.js";
import type { StoredList } from "../../src/extension/records/stored.js";
import type { PendingRequest } from "../../src/extension/requests/pending.js";
import { readInvitationFile } from "../../src/extension/worker/invitation.js";
import { openSealedNotice } from "../../src/extension/worker/notices.js";
import { makeInvitation } from "../../src/extension/worker/owner-invite.js";
import { fromBase64, toBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { makeCode } from "../../src/membership/file/code.js";
import { openFile, sealFile } from "../../src/membership/file/sealed-file.js";
import { readIntroduction } from "../../src/membership/introduction/introduction.js";
import { knownListOf, readInvitation } from "../../src/membership/invitation/invitation.js";
import { assertNoConflict } from "../../src/membership/invitation/invited-list.js";
import { type News, writeNotice } from "../../src/membership/notice/owner-notice.js";
import {
  armorSealingKey,
  generateKey,
  parseFingerprint,
  parseSealingKey,
  readOpeningKey,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { haveWorkerNear } from "../extension/near-worker.js";
import { Addon } from "../extension/play-addon.js";
import { begin, cardFile, DAY, play, teamAddress } from "../server/asking.js";
import { nextSecond } from "../server/next-second.js";
import { joinedByAnyFile } from "./naive/naive-joining.js";

let olga: Addon;
let bob: Addon;
let mallory: Addon;
const code = makeCode();
const now = () => new Date().toISOString();

beforeAll(haveWorkerNear);
beforeAll(async () => {
  await begin();
  [olga, bob, mallory] = [new Addon("Olga", play), new Addon("Bob", play), new Addon("Mallory", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.invites(mallory);
});
afterAll(async () => {
  await play.discard();
  await lockAll();
});

/** The owner's side of the list as Mallory makes it up: the true keys, and herself as its owner. */
async function usurped(change: Partial<OwnedList> = {}): Promise<OwnedList> {
  const [key, known] = [await mallory.key(), await mallory.list()];
  const { fingerprint, certificate, userId, address } = key;
  return {
    ...(await olga.owned()),
    ...{ listKey: known.listKey, listKeyFingerprint: known.listKeyFingerprint },
    ...{ serverCertificate: known.serverCertificate, serverFingerprint: known.serverFingerprint },
    ownerAddress: address,
    ownerKey: fingerprint,
    owners: [{ fingerprint, certificate, userId, address, from: 0, to: null }],
    ...change,
  };
}

async function fileFor(guest: string, list: OwnedList, secret?: string): Promise<Uint8Array> {
  const joinBy = new Date(Date.now() + DAY).toISOString();
  const signer = secret ?? (await mallory.key()).secret;
  const input = { list: listForWorker(list), secret: signer, invitee: guest, code, joinBy, now: now() };
  return (await makeInvitation(input)).file;
}

/** A notice by Mallory to `to`. */
async function noticeTo(to: Addon | { certificate: string }, news: News, serial = 9): Promise<Uint8Array> {
  const certificate = to instanceof Addon ? (await to.key()).certificate : to.certificate;
  const key = parseFingerprint((await mallory.list()).listKeyFingerprint);
  return writeNotice(
    { serial, date: new Date(), list: { address: teamAddress, key }, news },
    await readOpeningKey("member", fromBase64((await mallory.key()).secret)),
    await parseSealingKey("member", fromBase64(certificate)),
  );
}

const listKeyOfHers = async (): Promise<News> => ({
  kind: "new-list-key",
  listKey: await generateKey("list", { address: teamAddress, profile: "compatible" }),
  graceEnds: new Date("2030-01-01T00:00:00Z"),
});

const looks = (who: Addon, file: Uint8Array) =>
  who.as(() => calls["join:look"]({ file: toBase64(file), code }));
const joins = (who: Addon, file: Uint8Array) =>
  who.as(() => calls["join:start"]({ file: toBase64(file), code, name: who.name, passphrase: null }));

describe("a second invitation with the right list key and other owners", () => {
  let file: Uint8Array;
  let invited: StoredList;
  beforeAll(async () => {
    file = await fileFor(bob.address, await usurped());
    invited = (await readInvitationFile({ file, code, now: now() })).list;
  });

  test("takes the list over where a file may say who owns a known list", async () => {
    const [known, key] = [await bob.list(), await bob.key()];
    const taken = joinedByAnyFile(known, invited, key.fingerprint);
    expect(taken.owners.map(({ address }) => address)).toEqual([mallory.address]);
    // and then she is believed: the next post is sealed to a key of hers
    const news = await listKeyOfHers();
    const sealed = await noticeTo(bob, news);
    const opened = await openSealedNotice({ sealed, lists: [taken], secrets: [key.secret], now: now() });
    expect(opened).toMatchObject({ kind: "notice", news: "new-list-key" });
    expect(opened.kind === "notice" && opened.list.listKeyFingerprint).not.toBe(known.listKeyFingerprint);
  });

  test("is refused when it is looked at and when it is followed, and changes nothing", async () => {
    const before = JSON.stringify(await bob.as(load));
    await expect(looks(bob, file)).rejects.toMatchObject({ code: "unknown-owner" });
    await expect(joins(bob, file)).rejects.toMatchObject({ code: "unknown-owner" });
    expect(JSON.stringify(await bob.as(load))).toBe(before);
    const sealed = await noticeTo(bob, await listKeyOfHers());
    await expect(bob.as(() => arrivals.notice(sealed))).rejects.toMatchObject({ code: "unknown-author" });
    expect(JSON.stringify(await bob.as(load))).toBe(before);
  });

  test("naming the true owner beside herself helps her no more", async () => {
    const list = await usurped();
    const [true1] = (await olga.owned()).owners;
    if (true1 === undefined) throw new Error("no owner");
    const both = await fileFor(bob.address, { ...list, owners: [...list.owners, true1] });
    await expect(looks(bob, both)).rejects.toMatchObject({ code: "unknown-owner" });
  });

  test("an owner's own second invitation gives its introduction and nothing else", async () => {
    await bob.as(() => calls["list:leave"]({ address: teamAddress }));
    await bob.settled();
    await olga.hears();
    const before = await bob.list();
    // a leave burns every introduction of its own second, too, and OpenPGP has no smaller unit
    await nextSecond();
    const said: Partial<OwnedList> = { name: "Another name", requestAddress: "elsewhere@lists.test" };
    const file = await fileFor(bob.address, { ...(await olga.owned()), ...said }, (await olga.key()).secret);
    expect(await looks(bob, file)).toMatchObject({ list: { name: before.name } });
    await joins(bob, file);
    await bob.settled();
    const { introduction, importedAt, ...after } = await bob.list();
    expect(introduction).not.toBe(before.introduction);
    expect(after).toMatchObject({
      ...{ name: before.name, requestAddress: before.requestAddress, owners: before.owners },
      ...{ listKey: before.listKey, serverCertificate: before.serverCertificate, membership: "member" },
    });
    expect(importedAt).toBe(before.importedAt);
  });
});

describe("between joining and the server's answer", () => {
  let carol: Addon;
  beforeAll(async () => {
    carol = new Addon("Carol", play);
    // the server refuses Mallory's introduction without a word, so its answer never comes
    carol.unheard = true;
    await joins(carol, await fileFor(carol.address, await usurped()));
  });

  test("a notice on the word of the file alone is believed where only its signature is looked at", async () => {
    const [list, key] = [await carol.list(), await carol.key()];
    const sealed = await noticeTo(carol, await listKeyOfHers());
    const opened = await openSealedNotice({ sealed, lists: [list], secrets: [key.secret], now: now() });
    expect(opened).toMatchObject({ kind: "notice", news: "new-list-key" });
  });

  test("no notice is believed on the word of the file alone", async () => {
    const before = JSON.stringify(await carol.as(load));
    const sealed = await noticeTo(carol, await listKeyOfHers());
    await expect(carol.as(() => arrivals.notice(sealed))).rejects.toMatchObject({ code: "join-unanswered" });
    expect(JSON.stringify(await carol.as(load))).toBe(before);
  });

  test("an honest invitation takes the place of what only a file has said", async () => {
    carol.unheard = false;
    await olga.invites(carol);
    expect((await carol.list()).owners.map(({ address }) => address)).toEqual([olga.address]);
  });
});

describe("somebody has the file and its code before the invitee", () => {
  test("adds an owner and signs it anew: passes where signer and introducer may be two", async () => {
    const { file } = await resigned();
    const { bytes } = await openFile(file, code);
    const parsed: { owners: string[] } = JSON.parse(new TextDecoder().decode(bytes));
    const owners = await Promise.all(parsed.owners.map((each) => parseSealingKey("member", each)));
    // the introduction inside is the honest one: the server lets its holder in, and the file's owners are believed
    const honest = await readInvitation(await honestFile(), code);
    const { certificate } = sealingHalf(honest.introduction);
    const proven = await readIntroduction(
      certificate.write(),
      { ...knownListOf(honest), owners },
      new Date(),
    );
    expect(owners.map(({ fingerprint }) => fingerprint)).toContain((await mallory.key()).fingerprint);
    expect(proven.by).toBe((await olga.key()).fingerprint);
  });

  test("adds an owner and signs it anew: refused, since the signer made no introduction", async () => {
    const { file } = await resigned();
    await expect(readInvitation(file, code)).rejects.toMatchObject({ code: "invitation-damaged" });
  });

  let honest: Promise<Uint8Array> | undefined;
  const honestFile = () => {
    honest ??= (async () => fileFor("dave@people.test", await olga.owned(), (await olga.key()).secret))();
    return honest;
  };
  async function resigned(): Promise<{ readonly file: Uint8Array }> {
    const { bytes } = await openFile(await honestFile(), code);
    const content: { owners: string[] } = JSON.parse(new TextDecoder().decode(bytes));
    const hers = await readOpeningKey("member", fromBase64((await mallory.key()).secret));
    const owners = [...content.owners, armorSealingKey(sealingHalf(hers))];
    const signed = { by: hers, kind: "invitation" } as const;
    const file = await sealFile(
      { ...content, owners },
      { code, profile: "compatible", date: new Date(), signed },
    );
    return { file };
  }
});

describe("the list key of one list under the address of another", () => {
  const other = parseAddress("chess@lists.test");
  const asKnown = async () => {
    const { address, listKeyFingerprint, serverFingerprint, owners } = await bob.list();
    const today = owners.map(({ fingerprint }) => ({ fingerprint, isOwnerToday: true }));
    return { address, listKeys: [listKeyFingerprint], server: serverFingerprint, owners: today };
  };

  test("is another list where only addresses are compared", async () => {
    const known = await asKnown();
    const invited = (await readInvitationFile({ file: await chess(), code, now: now() })).list;
    expect(invited.address).not.toBe(known.address);
    expect(invited.listKeyFingerprint).toBe(known.listKeys[0]);
  });

  test("is refused: a key belongs to one list", async () => {
    await expect(looks(bob, await chess())).rejects.toMatchObject({ code: "list-conflict" });
    const known = await asKnown();
    const invited = { address: other, listKey: "00", server: known.server, owners: [], by: "00" };
    expect(() => assertNoConflict(invited, [known])).toThrow(
      expect.objectContaining({ code: "list-conflict" }),
    );
  });

  let made: Promise<Uint8Array> | undefined;
  const chess = () => {
    made ??= (async () => fileFor(bob.address, await usurped({ address: other })))();
    return made;
  };
});

describe("a card for the address of a list that is joined while the claim waits", () => {
  const waiting = async (): Promise<OwnedList> => {
    const news = await listKeyOfHers();
    if (news.kind !== "new-list-key") throw new Error("no list key");
    const key = (await bob.key()).fingerprint;
    const claim = { kind: "waiting", request: "ab" } as const;
    return usurped({ listKeyFingerprint: news.listKey.fingerprint, ownerKey: key, claim });
  };
  const asked: PendingRequest = {
    ...{ id: "ab", do: "claim", list: teamAddress, about: null, requestAddress: "", server: "", from: "" },
    ...{ key: "", sealed: "", askedAt: now(), sending: "sent", failure: null },
  };

  test("its answer leaves the list as it is, and the claim is refused", async () => {
    const list = await waiting();
    await bob.as(async () => {
      const before = JSON.stringify((await load()).lists);
      await ownedRecord.update((owned) => ({
        stored: { ...owned, lists: { [teamAddress]: list } },
        result: undefined,
      }));
      await claimAnswered(asked, { kind: "done", head: { number: 1, hash: "00" } }, new Date());
      expect(JSON.stringify((await load()).lists)).toBe(before);
      const { claim } = (await ownedRecord.load()).lists[teamAddress] ?? {};
      expect(claim).toEqual({ kind: "refused", code: "list-conflict" });
    });
  });
});
