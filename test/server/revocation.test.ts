/** A member's key that was stolen or lost: what the server does from the moment that its holder has said so. */
import { enums } from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  newRequestId,
  openRequest,
  type Request,
  verifySigned,
  writeRequest,
} from "../../src/membership/request/request.js";
import { continueHistory, membersForNewKey } from "../../src/membership/roster/history.js";
import { noHistory } from "../../src/membership/roster/state.js";
import {
  generateKey,
  readSealingKey,
  type SealingKey,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { revokedSince, revokeMemberKey } from "../../src/openpgp/revocation.js";
import { raw } from "../../src/server/store/database.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import {
  answersTo,
  asks,
  begin,
  card,
  claim,
  invites,
  joins,
  known,
  listKey,
  olga,
  play,
  refused,
  roster,
  says,
  submitted,
  teamAddress,
  written,
} from "./asking.js";
import { Scheduler } from "./interleavings.js";
import { nextSecond } from "./next-second.js";
import { type Person, type PlayList, person, seal } from "./play-server.js";

let bob: Person;
let eve: Person;
let list: PlayList;
let revoked: SealingKey<"member">;

beforeEach(async () => {
  await begin();
  await says(olga, claim());
  const guests = [await invites(await person("Bob")), await invites(await person("Eve"))] as const;
  for (const guest of guests) await joins(guest);
  [bob, eve] = [guests[0].who, guests[1].who];
  const row = await play.service.store.listByAddress(teamAddress);
  if (row === undefined) throw new Error("no list");
  list = { list: row, address: teamAddress, key: listKey, server: card.server };
  revoked = await revokeMemberKey(bob.key, new Date(Math.floor(Date.now() / 1000) * 1000));
});
afterEach(() => play.discard());

const revoke = (who: Person, key: SealingKey<"member">) =>
  written({ do: "revoke", certificate: writeSealingKey(key) }, [who.key]);
const tellsHim = async () => asks(bob, await revoke(bob, revoked));

const reasons = ["keyCompromised", "keySuperseded"] as const;
test.each(reasons)("copies stop, posts and requests are refused, everybody is told (%s)", async (reason) => {
  const early = await seal(list, bob);
  const leave = await written({ do: "leave" }, [bob.key]);
  // signatures have whole seconds: what follows is later
  await nextSecond();
  const flag = enums.reasonForRevocation[reason];
  const certificate = (await bob.key.secret.revoke({ flag }, new Date())).toPublic().write();
  expect(await says(bob, { do: "revoke", certificate })).toMatchObject({ kind: "done" });
  const before = play.sink.for(bob.address).length;

  expect((await play.submit(list, eve, (await seal(list, eve)).raw)).code).toBe(250);
  await play.untilQuiet();
  const copies = play.sink.for(bob.address).slice(before);
  expect(copies.filter(({ raw }) => raw.includes("vnd.listseal"))).toEqual([]);
  expect(play.sink.for(olga.address).some(({ raw }) => raw.includes("List-Post"))).toBe(true);

  // also what was sealed and dated before: only the thief, or a very slow mail, sends it now
  for (const post of [early, await seal(list, bob)]) {
    expect((await play.submit(list, bob, post.raw)).code).toBe(550);
  }
  expect(await submitted(await written({ do: "leave" }, [bob.key]))).toBe(550);
  expect(await submitted(leave)).toBe(550);

  for (const who of [olga, eve]) {
    await play.sink.until((sink) => sink.for(who.address).length > 1);
    const reports = (await answersTo(who.address, who.key)).flatMap(({ result }) =>
      result.kind === "report" && result.event === "revoked" ? [result] : [],
    );
    expect(reports).toHaveLength(1);
  }
});

// naive: a library that is told "superseded" judges a signature by the date that stands in it
test("a request that a thief dates back verifies with the revoked certificate", async () => {
  const hour = 3_600_000;
  const now = Date.now();
  const server = await generateKey("server", { address: teamAddress, profile: "compatible" });
  const superseded = { flag: enums.reasonForRevocation.keySuperseded };
  const dead = (await bob.key.secret.revoke(superseded, new Date(now + hour))).toPublic();
  const request: Request = {
    id: newRequestId(),
    date: new Date(now),
    list: { address: teamAddress, key: listKey.fingerprint },
    command: { do: "leave" },
  };
  const sealed = await writeRequest(request, { signers: [bob.key], server: sealingHalf(server) });
  const opened = await openRequest(sealed, server, { address: teamAddress, keys: [listKey.fingerprint] });
  const later = new Date(now + 2 * hour);
  expect(await revokedSince(dead, later)).toBeInstanceOf(Date);
  await expect(verifySigned(opened, [dead], later)).resolves.toBeInstanceOf(Date);
});

test("the record has it: no command of that key is taken after it, and no new list key is sealed to it", async () => {
  await tellsHim();
  const { entries, members } = await roster();
  const shown = members.find(({ address }) => address === bob.address);
  expect(shown?.keyUnusable).toBeInstanceOf(Date);
  const history = await continueHistory(noHistory, entries, { list: known() });
  expect(history.members[parseAddress(bob.address)]).toMatchObject({ revoked: true });
  const told = (await membersForNewKey(history)).map(({ address }) => address);
  expect(told).toEqual([olga.address, eve.address]);
});

test("a revocation that comes once more, or anew, is done: nobody who fears for their key hears a refusal", async () => {
  const sent = await revoke(bob, revoked);
  expect(await asks(bob, sent)).toMatchObject({ kind: "done" });
  expect(await submitted(sent)).toBe(250);
  expect(await tellsHim()).toMatchObject({ kind: "done" });
  const { entries } = await roster();
  expect(entries.filter(({ entry }) => entry.includes('"do":"revoke"'))).toHaveLength(1);
});

/** Bob's revocation is taken by a server that stops before it tells anybody. */
async function stoppedAfter(): Promise<void> {
  await play.stop();
  const scheduler = await Scheduler.open(play.place, play.folder);
  expect(await scheduler.take((await revoke(bob, revoked)).raw)).toBe("answered done");
  await scheduler.leave();
}

// naive: what is to be told is in the memory of the process that carried the command out
test("an alarm is lost with the server that stops before telling it, where it is not written down", async () => {
  const before = play.sink.for(eve.address).length;
  await stoppedAfter();
  const connection = openSqlite(play.folder.database);
  for (const table of ["telling_copies", "tellings"]) await connection.query(raw(`DELETE FROM ${table}`));
  await connection.close();
  await play.start();
  // once the next run has told what it has to tell
  expect(await says(olga, { do: "pause" })).toMatchObject({ kind: "done" });
  await play.untilQuiet();
  expect(play.sink.for(eve.address)).toHaveLength(before);
  const shown = (await roster()).members.find(({ address }) => address === bob.address);
  expect(shown?.keyUnusable).toBeInstanceOf(Date);
});

test("an alarm outlives the server: what was not sealed when it stopped is told by the next run", async () => {
  const [before, bobs] = [play.sink.for(eve.address).length, play.sink.for(bob.address).length];
  await stoppedAfter();
  expect(play.sink.for(eve.address)).toHaveLength(before);
  await play.start();
  await play.sink.until(
    (sink) => sink.for(eve.address).length > before && sink.for(bob.address).length > bobs,
  );
  expect((await answersTo(bob.address, bob.key)).at(-1)?.result).toMatchObject({ kind: "done" });
  const reports = (await answersTo(eve.address, eve.key)).filter(({ result }) => result.kind === "report");
  expect(reports.map(({ result }) => result)).toMatchObject([{ event: "revoked" }]);
});

test("nobody revokes another's key, and a key that is not revoked is no revocation", async () => {
  expect(await says(eve, { do: "revoke", certificate: writeSealingKey(revoked) })).toEqual(
    refused("not-allowed"),
  );
  const good = writeSealingKey(sealingHalf(bob.key));
  expect(await says(bob, { do: "revoke", certificate: good })).toEqual(refused("not-allowed"));
  // attack: a revocation signature by another key, put into Bob's certificate
  const mallory = await person("Mallory");
  const hers = await revokeMemberKey(mallory.key, new Date());
  const forged = await readSealingKey("member", good);
  forged.certificate.revocationSignatures.push(...hers.certificate.revocationSignatures);
  const bytes = forged.certificate.write();
  expect(await says(bob, { do: "revoke", certificate: bytes })).toEqual(refused("not-allowed"));
  expect((await play.submit(list, bob, (await seal(list, bob)).raw)).code).toBe(250);
});

test("its holder comes back by a new invitation, with a new key", async () => {
  await tellsHim();
  const named = { address: parseAddress(bob.address), fingerprint: bob.key.fingerprint };
  expect(await says(olga, { do: "remove", ...named })).toMatchObject({ kind: "done" });
  const again = await invites(await person("Bob"), { date: new Date(Date.now() + 1_000) });
  expect(await joins(again)).toMatchObject({ kind: "done" });
});
