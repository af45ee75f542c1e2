/**
 * What a new list key costs: sealed once for all members and riding in their copies, beside a notice for each member, which is what a
 * list's owner does by hand, and beside re-keying by a mail to each.
 *
 * Sizes are counted and processor times are measured, here in Node with its WebCrypto: an add-on makes the same packets by the same
 * code, in workers. Certificates are 50 different ones in turn. A notice for each member is timed on a hundred, and multiplied.
 */
import { toBase64 } from "../../src/mail/base64.js";
import { makeMailbox, parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { writeCopy } from "../../src/mail/sealed-mail.js";
import { type Notice, writeNotice } from "../../src/membership/notice/owner-notice.js";
import {
  type NoticeTarget,
  noticeOf,
  packetsFor,
  sealForMembers,
  targetOf,
} from "../../src/membership/notice/shared-notice.js";
import {
  armorSealingKey,
  generateKey,
  generateMemberKey,
  readSealingKey,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { compare, type Options, type Row } from "../row.js";

const sizes = [100, 1_000, 10_000];
const largeSizes = [...sizes, 100_000];
const DIFFERENT = 50;
/** As an add-on's worker makes them. */
const AT_ONCE = 500;
/** Members whose notices are written one by one. */
const SAMPLE = 100;
/** What the owner waits for at most, in milliseconds, for a list of ten thousand. */
const GOAL_MS = 5_000;

const list = parseAddress("team@lists.example");

/** Processor time in milliseconds, WebCrypto's threads included: what else the machine does is not in it. */
async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const before = process.cpuUsage();
  const made = await work();
  const { user, system } = process.cpuUsage(before);
  return [made, (user + system) / 1_000];
}

/** @returns a row for each figure and peer */
export async function rows({ full }: Options): Promise<readonly Row[]> {
  const person = (name: string) =>
    generateMemberKey({ address: `${name}@example.test`, profile: "compatible" });
  const owner = await person("olga");
  const keys = await Promise.all(Array.from({ length: DIFFERENT }, (_, number) => person(`m${number}`)));
  const armored = keys.map((key) => armorSealingKey(sealingHalf(key)));
  const before = await generateKey("list", { address: list, profile: "compatible" });
  const date = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notice: Notice = {
    serial: 1,
    date,
    list: { address: list, key: before.fingerprint },
    news: {
      kind: "new-list-key",
      listKey: await generateKey("list", { address: list, profile: "compatible" }),
      graceEnds: date,
    },
  };
  const of = <T>(all: readonly T[], number: number): T => {
    const one = all[number % all.length];
    if (one === undefined) throw new Error("nobody");
    return one;
  };

  const [alone, aloneMs] = await timed(async () => {
    const made: Uint8Array[] = [];
    for (let number = 0; number < SAMPLE; number++) {
      // as an owner's add-on does: from the certificate in its log
      made.push(await writeNotice(notice, owner, await readSealingKey("member", of(armored, number), date)));
    }
    return made;
  });
  const [own = new Uint8Array()] = alone;
  const ownMail = writeRequestMail({
    kind: "notice",
    list,
    from: makeMailbox("Team", requestAddress(list)),
    to: makeMailbox("Bob", parseAddress("bob@example.test")),
    date,
    messageId: "<00112233445566778899aabbccddeeff@lists.example>",
    sealed: own,
  }).length;

  const { dataPacket, sessionKey } = await sealForMembers(notice, owner);
  const [targets, lookMs] = await timed(async () => {
    const found: NoticeTarget[] = [];
    for (const each of armored) {
      const target = await targetOf(await readSealingKey("member", each, date), date);
      if (target !== undefined) found.push(target);
    }
    return found;
  });
  const packets = async (members: number): Promise<Uint8Array> => {
    let last: Uint8Array | undefined;
    for (let from = 0; from < members; from += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, members - from) }, (_, number) =>
        of(targets, from + number),
      );
      last = (await packetsFor(some, sessionKey, "compatible")).at(-1) ?? last;
    }
    if (last === undefined) throw new Error("no packet");
    return last;
  };
  await packets(AT_ONCE);
  const packet = await packets(1);
  const aboard = noticeOf(packet, dataPacket);
  const copyWith = (riding?: Uint8Array): number => {
    const { head, shared, tail } = writeCopy({
      ...{ shape: "encrypted", list, listName: "Team", from: { address: list }, replyTo: { address: list } },
      ...{ to: { address: list }, messageId: "<1@example.test>", date },
      sealed: { mode: "key", key: new Uint8Array(900), body: new Uint8Array(2_000) },
      ...(riding === undefined ? {} : { notice: riding }),
    });
    return head.length + shared.length + tail.length;
  };
  const inCopy = copyWith(aboard) - copyWith();

  const found: Row[] = [];
  for (const members of full ? largeSizes : sizes) {
    const [, ms] = await timed(() => packets(members));
    const first = ms + (lookMs / armored.length) * members;
    const each = (aloneMs / SAMPLE) * members;
    const what = `a new list key for ${members} members`;
    const oneEach = "a notice for each member";
    const goal = members === 10_000 ? [{ name: "the goal: 5 s", value: GOAL_MS, goal: 1 }] : [];
    found.push(
      ...compare(`${what}: sealing it`, "ms", ms, [{ name: oneEach, value: each, goal: 1 }, ...goal]),
      ...compare(`${what}: sealing it the first time, certificates and all`, "ms", first, [
        { name: oneEach, value: each, goal: 1 },
      ]),
    );
    // in JSON, base64
    const entry = (length: number) => 70 + Math.ceil(length / 3) * 4;
    const parts = Math.ceil(members / 3_000);
    const up = parts * (300 + toBase64(dataPacket).length) + members * entry(packet.length);
    found.push(
      ...compare(`${what}: from the owner to the server`, "kB", up / 1_000, [
        { name: oneEach, value: (members * entry(own.length)) / 1_000, goal: 1 },
      ]),
      ...compare(`${what}: mails because of it`, "mails", 0, [
        { name: "re-keying by a mail to each", value: members, goal: 0 },
      ]),
    );
  }
  found.push(
    ...compare("a new list key, to one member: in their copy of a post", "bytes", inCopy, [
      { name: "re-keying by a mail to each: that mail", value: ownMail, goal: 1 },
    ]),
  );
  return found;
}
