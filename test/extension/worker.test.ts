/** The worker's jobs with real keys, as one story: join, seal, through the list's server, open. */

import type { StoredList, StoredMemberKey } from "../../src/extension/records/stored.js";
import { certifyKey, readInvitationFile } from "../../src/extension/worker/invitation.js";
import { makeKey, protectKey, renewKey, unlockKey } from "../../src/extension/worker/member-keys.js";
import { open } from "../../src/extension/worker/open.js";
import { seal } from "../../src/extension/worker/seal.js";
import type { JobInput } from "../../src/extension/worker/table.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { type Address, parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { partTypes } from "../../src/mail/part-types.js";
import { fromParts, toParts } from "../../src/mail/sealed-mail.js";
import { makeIntroduction } from "../../src/membership/introduction/introduction.js";
import { makeCode, writeInvitation } from "../../src/membership/invitation/invitation.js";
import { generateKey, generateMemberKey, readSealingKey, sealingHalf } from "../../src/openpgp/keys.js";
import type { Mode } from "../../src/protocol/message.js";
import { openAtServer, prepareReseal, resealFor } from "../../src/protocol/reseal.js";

const now = new Date();
const joinBy = new Date(Math.floor(now.getTime() / 1000) * 1000 + 86_400_000);

async function makeTeam(address: string, mode: Mode) {
  const list = parseAddress(address);
  const owner = await generateMemberKey({
    name: "Olive",
    address: "olive@example.test",
    profile: "compatible",
  });
  const listKey = await generateKey("list", { address: list, profile: "compatible" });
  const server = await generateKey("server", { address: list, profile: "compatible" });
  const invite = async (invitee: Address) => {
    const terms = { list, listKey: listKey.fingerprint, address: invitee, joinBy };
    const introduction = await makeIntroduction(owner, terms, "compatible");
    const code = makeCode();
    const file = await writeInvitation(
      {
        listAddress: list,
        listName: "Team",
        requestAddress: requestAddress(list),
        mode,
        delivery: "resealed",
        profile: "compatible",
        listKey,
        server: sealingHalf(server),
        owners: [sealingHalf(owner)],
        invitee,
        introduction,
        joinBy,
      },
      owner,
      code,
    );
    return { file, code };
  };
  return { list, listKey, server, invite };
}
type Team = Awaited<ReturnType<typeof makeTeam>>;

interface Person {
  readonly list: StoredList;
  readonly key: StoredMemberKey;
  readonly secret: string;
}

async function join(team: Team, name: string): Promise<Person> {
  const address = parseAddress(`${name.toLowerCase()}@example.test`);
  const input = { ...(await team.invite(address)), now: now.toISOString() };
  const { list } = await readInvitationFile(input);
  const made = await makeKey({
    address,
    name,
    passphrase: null,
    profile: "compatible",
    now: now.toISOString(),
  });
  const { certificate } = await certifyKey({ ...made, list });
  const key = { ...made.key, certificate };
  return {
    list: { ...list, memberKey: key.fingerprint, certified: key.fingerprint },
    key,
    secret: made.secret,
  };
}

const letterOf = (from: Person, list: Address): JobInput<"seal">["letter"] => ({
  from: { name: "Alice", address: parseAddress(from.key.address) },
  to: [{ address: list }],
  cc: [],
  subject: "予算 2027",
  date: now,
  messageId: "<one@lists.example>",
  references: [],
  text: "words",
  html: "<p>words</p>",
  attachments: [
    { name: "報告.bin", type: "application/octet-stream", bytes: new Uint8Array([1, 2, 3, 0, 13, 10]) },
  ],
});

const sealed = (from: Person, team: Team) => seal({ ...from, letter: letterOf(from, team.list) });

async function throughServer(team: Team, parts: JobInput<"open">["parts"], author: Person, reader: Person) {
  const message = fromParts(parts);
  if ("kind" in message) throw new Error("not sealed");
  const list = { address: team.list, key: sealingHalf(team.listKey) };
  const certificate = await readSealingKey("member", fromBase64(author.key.certificate));
  const opened = await openAtServer(message, { list, server: team.server, author: certificate });
  const prepared = await prepareReseal(opened, {
    list,
    server: team.server,
    roster: { number: 3, hash: "ab".repeat(32) },
  });
  return toParts(
    await resealFor(prepared, await readSealingKey("member", fromBase64(reader.key.certificate))),
  );
}

const reading = (person: Person, parts: JobInput<"open">["parts"], pins: JobInput<"open">["pins"] = {}) =>
  open({ parts, lists: [person.list], secrets: [person.secret], pins, now: now.toISOString() });

let team: Team;
let alice: Person;
let bob: Person;
beforeAll(async () => {
  team = await makeTeam("team@lists.example", "key");
  [alice, bob] = await Promise.all([join(team, "Alice"), join(team, "Bob")]);
});

test("what stands outside the seals says nothing", async () => {
  const { subject, notice, header, parts } = await sealed(alice, team);
  expect(subject).toBe("[team] encrypted message");
  expect(header).toEqual({ name: "X-ListSeal", value: "v=1; mode=key" });
  expect(notice + Buffer.concat(parts.map(({ bytes }) => bytes)).toString("latin1")).not.toContain("words");
});

test("Bob opens what Alice wrote: introduced, through the list, byte for byte", async () => {
  const result = await reading(bob, await throughServer(team, (await sealed(alice, team)).parts, alice, bob));
  expect(result).toMatchObject({
    kind: "opened",
    author: { standing: "introduced", fingerprint: alice.key.fingerprint },
    passage: { via: "list", roster: { number: 3 } },
    letter: { subject: "予算 2027", text: expect.stringContaining("words") },
  });
  if (result.kind !== "opened") throw new Error("not opened");
  expect([...(result.letter.attachments[0]?.bytes ?? [])]).toEqual([1, 2, 3, 0, 13, 10]);
  expect(JSON.stringify(result.letter)).not.toContain("certificate");
  expect(result.pins.pins[parseAddress("alice@example.test")]?.key).toBe(alice.key.fingerprint);
});

test("a list signature beside a message that has its own opens, and is told", async () => {
  const parts = await throughServer(team, (await sealed(alice, team)).parts, alice, bob);
  const stray = { name: "list-signature.pgp", type: partTypes.through, bytes: new Uint8Array([1, 2, 3]) };
  expect(await reading(bob, parts)).toMatchObject({ kind: "opened", hasStraySignature: false });
  expect(await reading(bob, [...parts, stray])).toMatchObject({ kind: "opened", hasStraySignature: true });
});

test("Alice opens her own Sent copy", async () => {
  expect(await reading(alice, (await sealed(alice, team)).parts)).toMatchObject({
    kind: "opened",
    author: { standing: "you" },
    passage: { via: "own-copy" },
  });
});

test("the submission itself is not for Bob", async () => {
  expect(await reading(bob, (await sealed(alice, team)).parts)).toEqual({ kind: "not-for-me" });
});

test("an author who came without an introduction is new, and known the next time", async () => {
  const shy = { ...alice, list: { ...alice.list, certified: null } };
  const parts = await throughServer(team, (await sealed(shy, team)).parts, alice, bob);
  const first = await reading(bob, parts);
  expect(first).toMatchObject({ author: { standing: "new" } });
  if (first.kind !== "opened") throw new Error("not opened");
  expect(await reading(bob, parts, { [team.list]: first.pins })).toMatchObject({
    author: { standing: "known" },
  });
});

test("another key under a pinned address is a warning", async () => {
  const twin = await join(team, "Alice");
  const parts = await throughServer(team, (await sealed(alice, team)).parts, alice, bob);
  const first = await reading(bob, parts);
  if (first.kind !== "opened") throw new Error("not opened");
  const shy = { ...twin, list: { ...twin.list, certified: null } };
  const forged = await throughServer(team, (await sealed(shy, team)).parts, twin, bob);
  expect(await reading(bob, forged, { [team.list]: first.pins })).toMatchObject({
    author: { standing: "changed" },
  });
});

describe("a server, with a former member's list key, that puts its own key in a member's place", () => {
  const standingOf = async (author: Person, pins: JobInput<"open">["pins"]) => {
    const parts = await throughServer(team, (await sealed(author, team)).parts, author, bob);
    const read = await reading(bob, parts, pins);
    return read.kind === "opened" ? read.author.standing : read.kind;
  };

  test("Bob, who knows Alice, is warned; whoever does not know her is told that nobody introduced the key", async () => {
    const honest = await throughServer(team, (await sealed(alice, team)).parts, alice, bob);
    const first = await reading(bob, honest);
    if (first.kind !== "opened") throw new Error("not opened");
    expect(first.author.standing).toBe("introduced");
    const made = await makeKey({
      address: alice.key.address,
      name: "Alice",
      passphrase: null,
      profile: "compatible",
      now: now.toISOString(),
    });
    const invented = { ...made, list: { ...alice.list, memberKey: made.key.fingerprint, certified: null } };
    expect(await standingOf(invented, { [team.list]: first.pins })).toBe("changed");
    expect(await standingOf(invented, {})).toBe("new");
    // Alice's introduction is no secret: it goes with each of her mails, and certifies nobody else
    const borrowed = { ...invented, list: { ...invented.list, certified: made.key.fingerprint } };
    expect(await standingOf(borrowed, { [team.list]: first.pins })).toBe("changed");
    expect(await standingOf(borrowed, {})).toBe("refused");
  });
});

test("a renewed key seals, also where only its locked secret is older", async () => {
  const before = alice.key.expiresAt ?? "";
  const later = new Date(now.getTime() + 30 * 86_400_000).toISOString();
  const renewed = await renewKey({ ...alice, now: later });
  expect(renewed.key.fingerprint).toBe(alice.key.fingerprint);
  expect((renewed.key.expiresAt ?? "") > before).toBe(true);
  const older = { ...alice, key: { ...renewed.key, secret: alice.key.secret } };
  const parts = await throughServer(team, (await sealed(older, team)).parts, older, bob);
  expect(await reading(bob, parts)).toMatchObject({ author: { standing: "introduced" } });
});

test("a damaged part shows nothing of it", async () => {
  const parts = await throughServer(team, (await sealed(alice, team)).parts, alice, bob);
  const cut = parts.map((part) =>
    part.name === "sealed-body.pgp" ? { ...part, bytes: part.bytes.slice(0, -30) } : part,
  );
  await expect(reading(bob, cut)).rejects.toMatchObject({ code: "damaged" });
});

test("sealed for another list is said as that, and a second list here is tried", async () => {
  const other = await makeTeam("board@lists.example", "whole");
  const elsewhere = await join(other, "Bob");
  const parts = await throughServer(team, (await sealed(alice, team)).parts, alice, bob);
  const input = { parts, secrets: [bob.secret], pins: {}, now: now.toISOString() };
  await expect(open({ ...input, lists: [elsewhere.list] })).rejects.toMatchObject({ code: "wrong-list" });
  expect(await open({ ...input, lists: [elsewhere.list, bob.list] })).toMatchObject({
    kind: "opened",
    list: team.list,
  });
});

test("nothing to open with is said before anything is tried", async () => {
  const { parts } = await sealed(alice, team);
  const input = { parts, pins: {}, now: now.toISOString() };
  await expect(open({ ...input, lists: [], secrets: [alice.secret] })).rejects.toMatchObject({
    code: "no-lists-here",
  });
  await expect(open({ ...input, lists: [alice.list], secrets: [] })).rejects.toMatchObject({
    code: "no-member-key",
  });
});

test("a From that is not the key's address is refused before the server would", async () => {
  const letter = { ...letterOf(alice, team.list), from: { address: parseAddress("zoe@example.test") } };
  await expect(seal({ ...alice, letter })).rejects.toMatchObject({ code: "wrong-address" });
});

test("a passphrase locks the secret at rest and opens it again", async () => {
  const { key } = await protectKey({ key: alice.key, current: null, next: "horse" });
  expect(key.locked).toBe(true);
  expect(key.secret).not.toBe(alice.key.secret);
  await expect(unlockKey({ key, passphrase: "cow" })).rejects.toMatchObject({ code: "wrong-passphrase" });
  const { secret } = await unlockKey({ key, passphrase: "horse" });
  expect(await reading({ ...alice, secret }, (await sealed(alice, team)).parts)).toMatchObject({
    kind: "opened",
  });
});
