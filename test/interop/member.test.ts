/**
 * A program that was written from docs/FORMAT.md and docs/MEMBERSHIP.md alone (member.py: Python and gpg) against the real server: it
 * joins, reads what members write and checks who they are, takes a new list key, and follows the record.
 */
import { join as pathOf } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { makeIntroduction } from "../../src/membership/introduction/introduction.js";
import { makeCode, writeInvitation } from "../../src/membership/invitation/invitation.js";
import { type Notice, openReceipt, writeNotice } from "../../src/membership/notice/owner-notice.js";
import { generateKey, parseFingerprint, readSealingKey, sealingHalf } from "../../src/openpgp/keys.js";
import {
  begin,
  card,
  certificate,
  claim,
  DAY,
  invites,
  joins,
  listKey,
  olga,
  play,
  roster,
  says,
  teamAddress,
} from "../server/asking.js";
import { submit } from "../server/dialogue.js";
import { person, seal } from "../server/play-server.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";
import { describeWith, run } from "./tools.js";

const program = fileURLToPath(new URL("./member.py", import.meta.url));
const bobs = parseAddress("bob@people.test");
const inWholeSeconds = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);

describeWith(["python3", "gpg", "gpgconf"], "a member written from the documents alone", () => {
  let home: GpgHome;
  let code: string;
  let seen: number;
  beforeEach(async () => {
    home = await makeGpgHome();
    seen = 0;
    await begin();
    await says(olga, claim());
    code = makeCode();
    const joinBy = inWholeSeconds(Date.now() + DAY);
    const terms = { list: teamAddress, listKey: listKey.fingerprint, address: bobs, joinBy };
    const invitation = {
      listAddress: teamAddress,
      listName: "Team",
      requestAddress: requestAddress(teamAddress),
      mode: "key",
      delivery: "resealed",
      profile: "compatible",
      listKey,
      server: card.server,
      owners: [sealingHalf(olga.key)],
      invitee: bobs,
      introduction: await makeIntroduction(olga.key, terms, "compatible"),
      joinBy,
    } as const;
    await home.save("team.listseal", await writeInvitation(invitation, olga.key, code));
  });
  afterEach(async () => {
    await home.close();
    await play.discard();
  });

  /** What the program prints. */
  async function bob(args: readonly string[], input: Uint8Array = new Uint8Array()): Promise<Uint8Array> {
    const ran = await run("python3", [program, pathOf(home.folder, "state.json"), ...args], {
      cwd: home.folder,
      input: Buffer.from(input),
    });
    if (ran.stderr !== "") throw new Error(ran.stderr);
    return ran.stdout;
  }
  const lines = (printed: Uint8Array) => Buffer.from(printed).toString("utf8").trim().split("\n");
  const sends = async (raw: Uint8Array) => {
    const recipient = requestAddress(teamAddress);
    return (await submit(play.port, { sender: bobs, recipient, raw: Buffer.from(raw) })).code;
  };
  /** What the program says of the next mail that comes to Bob. */
  async function receives(): Promise<readonly string[]> {
    await play.sink.until((sink) => sink.for(bobs).length > seen);
    const mail = play.sink.for(bobs)[seen++];
    return lines(await bob(["receive"], mail?.raw));
  }
  const team = async (key = listKey) => {
    const list = await play.service.store.listByAddress(teamAddress);
    if (list === undefined) throw new Error("no list");
    return { list, address: teamAddress, key, server: card.server };
  };

  test("joins, reads and checks authors, takes a new list key, follows the record", async () => {
    expect(await sends(await bob(["join", "team.listseal", code, "Bob"]))).toBe(250);
    expect(await receives()).toEqual(["answer: done"]);
    const [{ fingerprint = "" } = {}] = (await roster()).members.filter(({ address }) => address === bobs);
    const member = parseFingerprint(fingerprint);

    const list = await team();
    await play.submit(list, olga, (await seal(list, olga, { text: "from the owner" })).raw);
    expect(await receives()).toEqual([`post: from ${olga.address}, owner: from the owner`]);
    const carol = await invites(await person("Carol"));
    await joins(carol);
    const brings = { certificate: certificate(carol.who.key), introduction: certificate(carol.introduction) };
    await play.submit(list, carol.who, (await seal(list, carol.who, { text: "introduced", brings })).raw);
    expect(await receives()).toEqual([
      `post: from carol@people.test, introduced by ${olga.key.fingerprint}: introduced`,
    ]);
    await play.submit(list, carol.who, (await seal(list, carol.who, { text: "bare" })).raw);
    expect(await receives()).toEqual(["post: from carol@people.test, not introduced: bare"]);

    const next = await generateKey("list", { address: teamAddress, profile: "compatible" });
    const graceEnds = inWholeSeconds(Date.now() + DAY);
    const replaces = listKey.fingerprint;
    expect(
      await says(olga, { do: "new-list-key", serial: 1, replaces, listKey: certificate(next), graceEnds }),
    ).toMatchObject({ kind: "done" });
    const notice: Notice = {
      serial: 1,
      date: inWholeSeconds(Date.now()),
      list: { address: teamAddress, key: replaces },
      news: { kind: "new-list-key", listKey: next, graceEnds },
    };
    const own = await ownCertificate();
    const copies = [{ to: member, sealed: await writeNotice(notice, olga.key, own) }];
    expect(await says(olga, { do: "notice", news: "new-list-key", serial: 1, copies })).toMatchObject({
      kind: "done",
    });
    const [taken, mail = ""] = await receives();
    expect(taken).toBe(`notice: new list key ${next.fingerprint} by ${olga.key.fingerprint}`);
    expect(await sends(Buffer.from(mail.slice("mail: ".length), "base64"))).toBe(250);
    expect(await receives()).toEqual(["answer: done"]);
    const answered = await says(olga, { do: "receipts", news: "new-list-key", serial: 1 });
    if (answered.kind !== "receipts") throw new Error("no receipts");
    const [{ receipt } = {}] = answered.passed;
    if (receipt === undefined) throw new Error("no receipt");
    expect(await openReceipt(receipt, olga.key, [own])).toMatchObject({ by: member, serial: 1 });
    const rekeyed = await team(next);
    await play.submit(rekeyed, olga, (await seal(rekeyed, olga, { text: "under the new key" })).raw);
    expect(await receives()).toEqual([`post: from ${olga.address}, owner: under the new key`]);

    await says(olga, { do: "set-role", address: bobs, fingerprint: member, role: "owner" });
    expect(await receives()).toEqual(["answer: report"]);
    expect(await sends(await bob(["roster"]))).toBe(250);
    expect(await receives()).toEqual([
      "answer: roster",
      "member: bob@people.test owner introduction",
      "member: carol@people.test member introduction",
      `member: ${olga.address} owner claim`,
    ]);
  });

  /** Bob's certificate, as the server has it. */
  async function ownCertificate() {
    const list = await team();
    const row = await play.service.store.memberByAddress(list.list.id, bobs);
    if (row === undefined) throw new Error("Bob is not there");
    return readSealingKey("member", row.certificate);
  }

  test("refuses what it is to refuse: a mistyped code, an answer of another server, and a post that lies about its author", async () => {
    const mistyped = code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));
    expect(lines(await bob(["join", "team.listseal", mistyped, "Bob"]))).toEqual(["refused: wrong-code"]);
    expect(await sends(await bob(["join", "team.listseal", code, "Bob"]))).toBe(250);
    await receives();
    const list = await team();
    // Carol's introduction in Olga's mail that Eve wrote: Eve is nobody's member, so an operator let her in
    const carol = await invites(await person("Carol"));
    await joins(carol);
    const eve = { ...(await person("Eve")), address: carol.who.address };
    await play.join(list, { ...eve, address: "eve@people.test" });
    const brings = { certificate: certificate(eve.key), introduction: certificate(carol.introduction) };
    const { raw } = await seal(list, eve, { brings, from: { ...eve, address: "eve@people.test" } });
    await play.submit(list, { ...eve, address: "eve@people.test" }, raw);
    expect(await receives()).toEqual(["refused: wrong-address"]);
  });
});
