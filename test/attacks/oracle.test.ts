/** The server as an oracle: what a stranger gets it to open for them, or to tell them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { parseAddress } from "../../src/mail/mailbox.js";
import { readSealedMail, writeSubmission } from "../../src/mail/sealed-mail.js";
import { sha256 } from "../../src/openpgp/digest.js";
import { MAX_PACKETS_FOR_ONE_KEY } from "../../src/openpgp/policy.js";
import {
  newMessageId,
  type OpeningKey,
  openAtServer,
  openPost,
  type SealedMessage,
  sealingHalf,
  writeSealingKey,
} from "../../src/protocol/index.js";
import {
  type AdminContext,
  addMember,
  createList,
  removeMember,
} from "../../src/server/admin/administration.js";
import { dataFolder, makeFolders } from "../../src/server/base/data-folder.js";
import { CopyMaker, preparePost, takeApart } from "../../src/server/delivery/copies.js";
import { writeKeys } from "../../src/server/parse/key-transfer.js";
import type { Reader } from "../../src/server/parse/reader.js";
import { acceptPost, type PostOutcome } from "../../src/server/post/accept-post.js";
import { defaultListSettings } from "../../src/server/store/list-settings.js";
import { type ListInUse, ListsInUse } from "../../src/server/store/lists-in-use.js";
import type { FullStore } from "../../src/server/store/membership-store.js";
import { openSqliteStore } from "../../src/server/store/sqlite-store.js";
import { openTokens } from "../../src/server/store/tokens.js";
import { aliceSeals, type Cast, keysOf, listOf, makeCast, saysAlice } from "../protocol/people.js";
import { readHere } from "../server/read-here.js";
import { bytes, encryptWith, nameOf, opened, signs, submits } from "./forge.js";
import { answersGoTo, passedOn } from "./naive/naive-mail.js";
import { naiveServer } from "./naive/naive-server.js";

let folder: string;
let store: FullStore;
let office: AdminContext;
let team: Cast;
let inUse: ListInUse;

beforeEach(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), "listseal-oracle-"));
  const data = dataFolder(folder);
  await makeFolders(data);
  store = openSqliteStore(data.database);
  office = { store, folder: data, now: () => Date.now() };
  const made = await makeCast("compatible");
  const { list } = await createList(office, {
    address: made.address,
    name: "Team",
    mode: "key",
    delivery: "resealed",
    profile: "compatible",
    listKey: writeSealingKey(listOf(made).key),
  });
  const used = await new ListsInUse(store, data).open(list);
  if (used === undefined) throw new Error("the list has no key");
  inUse = used;
  team = { ...made, serverKey: used.server };
  await join("alice", team.alice);
  await join("bob", team.bob);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function join(name: string, key: OpeningKey<"member">): Promise<void> {
  const certificate = writeSealingKey(sealingHalf(key));
  const member = { address: `${name}@example.test`, name, certificate, shape: "encrypted" } as const;
  await addMember(office, team.address, member);
}

interface Envelope {
  readonly from?: string;
  readonly replyTo?: string;
}

function mail(sealed: SealedMessage, { from = "alice", replyTo }: Envelope = {}): Uint8Array {
  const raw = writeSubmission({
    from: { address: parseAddress(`${from}@example.test`) },
    list: parseAddress(team.address),
    date: new Date(),
    messageId: "<outer@example.test>",
    references: [],
    sealed,
  });
  return replyTo === undefined ? raw : Buffer.concat([bytes(`Reply-To: ${replyTo}\r\n`), raw]);
}

const accept = (sealed: SealedMessage, envelope?: Envelope): Promise<PostOutcome> =>
  acceptPost(store, inUse, { raw: mail(sealed, envelope), at: Date.now(), reader: readHere });

describe("a captured admin command, sealed to the server, is posted: the server would open it and seal it for all members", () => {
  const secret = '{"listseal":1,"kind":"remove","address":"bob@example.test"}';
  let captured: SealedMessage;
  beforeEach(async () => {
    const command = bytes(secret);
    const signature = await signs(team.alice, command, { kind: "request", list: nameOf(listOf(team)) });
    const { certificate } = sealingHalf(team.serverKey);
    const post = await aliceSeals(team, "key", bytes("x"));
    if (post.mode !== "key") throw new Error("mode key is meant");
    captured = { ...post, key: await encryptWith(command, [signature], [certificate]) };
  });

  test("Bob, a member, reads it in his copy where neither kind, list, body nor key packet is looked at", async () => {
    const naive = naiveServer({ only: ["own-key", "signature"] });
    const context = { list: listOf(team), server: team.serverKey, author: sealingHalf(team.alice) };
    const copy = await naive.deliver(captured, context, sealingHalf(team.bob));
    if (copy.mode !== "key") throw new Error("mode key is meant");
    const { literal } = await opened(copy.key, team.bob);
    expect(new TextDecoder().decode(literal)).toBe(secret);
  });

  test.each(["kind", "body-digest", "key-packet"] as const)("%s alone stops it", async (step) => {
    const naive = naiveServer({ only: ["own-key", "signature", step] });
    const context = { list: listOf(team), server: team.serverKey, author: sealingHalf(team.alice) };
    await expect(naive.open(captured, context)).rejects.toMatchObject({ name: "ListSealError" });
  });

  test("the real server refuses it for its kind, and tells nobody", async () => {
    const outcome = await accept(captured);
    expect(outcome).toEqual({ kind: "refused", code: "wrong-kind", notified: false });
  });

  test("under a member's own `submit` signature it is no key packet", async () => {
    if (captured.mode !== "key") throw new Error("mode key is meant");
    const { literal } = await opened(captured.key, team.serverKey);
    const says = {
      kind: "submit",
      list: nameOf(listOf(team)),
      msgid: newMessageId("example.test"),
      "body-sha256": await sha256(captured.body),
    } as const;
    const key = await encryptWith(
      literal,
      [await signs(team.alice, literal, says)],
      [sealingHalf(team.serverKey).certificate],
    );
    const context = { list: listOf(team), server: team.serverKey, author: sealingHalf(team.alice) };
    await expect(openAtServer({ ...captured, key }, context)).rejects.toMatchObject({
      code: "malformed-key-packet",
    });
  });
});

describe("a captured post is sent first under the attacker's From and Reply-To", () => {
  let sealed: SealedMessage;
  beforeEach(async () => {
    sealed = await aliceSeals(team, "key", bytes("x"));
  });

  test("where From is not looked at it is taken, and Alice's own is then 'the replay'", async () => {
    const seen = new Set<string>();
    const naive = naiveServer({ without: [] });
    const context = { list: listOf(team), server: team.serverKey, author: sealingHalf(team.alice) };
    // the signature is Alice's, so a server that looks for the signer alone is content, whatever stands in From
    const take = async () => seen.size < seen.add((await naive.open(sealed, context)).messageId).size;
    await expect(take()).resolves.toBe(true);
    await expect(take()).resolves.toBe(false);
  });

  test("the real server refuses it before it remembers anything", async () => {
    for (const from of ["bob", "eve"]) {
      const outcome = await accept(sealed, { from, replyTo: "eve@evil.test" });
      expect(outcome).toEqual({ kind: "refused", code: "unknown-author", notified: false });
    }
    await expect(accept(sealed)).resolves.toMatchObject({ kind: "queued", copies: 2 });
  });

  test("with Alice's own From: a server that passes header fields on has replies go to the attacker", async () => {
    const naive = naiveServer({ without: [] });
    const context = { list: listOf(team), server: team.serverKey, author: sealingHalf(team.alice) };
    const forBob = await naive.deliver(sealed, context, sealingHalf(team.bob));
    const copy = passedOn(mail(sealed, { replyTo: "eve@evil.test" }), forBob, team.address);
    // Bob's program opens it as any other copy
    const received = await readSealedMail(copy);
    if (received.kind !== "sealed") throw new Error("nothing sealed");
    await expect(openPost(received.sealed, keysOf(team, team.bob), saysAlice(team))).resolves.toMatchObject({
      kind: "opened",
      passage: { via: "list" },
    });
    expect(await answersGoTo(copy)).toEqual(["eve@evil.test"]);
  });

  test("with Alice's own From: the attacker's other fields reach no copy of the real server", async () => {
    const outcome = await accept(sealed, { replyTo: "eve@evil.test" });
    if (outcome.kind !== "queued") throw new Error("not queued");
    const post = await store.post(outcome.postId);
    const bob = await store.memberByAddress(inUse.list.id, "bob@example.test");
    if (post === undefined || bob === undefined) throw new Error("nothing kept");
    expect(Buffer.from(post.raw).includes("eve@evil.test")).toBe(true);
    const tokens = await openTokens(dataFolder(folder).tokenSecret);
    const maker = new CopyMaker({ tokens, now: Date.now, publicUrl: () => undefined });
    const prepared = await preparePost(store, inUse, await takeApart(post), defaultListSettings);
    const { pieces } = await maker.copyFor(prepared, bob);
    const copy = Buffer.concat(pieces);
    expect(copy.toString("latin1")).not.toContain("evil.test");
    expect(copy.toString("latin1")).toContain("alice via Team");
    expect(await answersGoTo(copy)).toEqual([team.address]);
  });
});

describe("membership read off from the server's answers: a wiretapper sends posts and compares", () => {
  /** All that a stranger sees: a refusal's code goes to the log, and SMTP says the one uniform sentence. */
  const seen = ({ kind }: PostOutcome) => kind;
  /** What a server says that answers with the reason. */
  const reason = (outcome: PostOutcome) => (outcome.kind === "refused" ? outcome.code : outcome.kind);

  /** Posts under the address of one who never was a member, of one who left, and of a member. */
  async function probes(): Promise<readonly PostOutcome[]> {
    const message = await encryptWith(bytes("x"), [], [listOf(team).key.certificate]);
    const byEve = await submits(team, team.eve, message, newMessageId("example.test"));
    const never = await accept(byEve, { from: "eve" });
    await join("eve", team.eve);
    await removeMember(office, team.address, "eve@example.test");
    const left = await accept(byEve, { from: "eve" });
    const tampered = await accept(await withForeignSignature(), { from: "alice" });
    return [never, left, tampered];
  }

  test("a server that answers with its reasons tells a member from a stranger", async () => {
    const [never, left, tampered] = (await probes()).map(reason);
    expect(never).toBe(left);
    expect(tampered).not.toBe(left);
  });

  test("the real server's answers are alike, and nobody is written to", async () => {
    const outcomes = await probes();
    expect(outcomes.map(seen)).toEqual(["refused", "refused", "refused"]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ notified: false });
  });

  /** A captured post sent again as it was, and in another outer seal: while its author is a member, and after. */
  async function captured(): Promise<{ before: readonly PostOutcome[]; after: readonly PostOutcome[] }> {
    const post = await aliceSeals(team, "key", bytes("x"));
    const other = withoutSecondRecipient(post);
    await expect(accept(post)).resolves.toMatchObject({ kind: "queued" });
    const before = [await accept(post), await accept(other)];
    await removeMember(office, team.address, "alice@example.test");
    return { before, after: [await accept(post), await accept(other)] };
  }

  test("a captured post sent again: reasons tell that its author has left", async () => {
    const { before, after } = await captured();
    expect(before.map(reason)).toEqual(["repeat", "replayed"]);
    expect(after.map(reason)).toEqual(["repeat", "unknown-author"]);
  });

  test("a captured post sent again: the real server's answers are the same before and after", async () => {
    const { before, after } = await captured();
    expect(before.map(seen)).toEqual(["repeat", "refused"]);
    expect(after.map(seen)).toEqual(before.map(seen));
  });

  /** The same post in another outer seal, as anybody can make it: without the author's own key packet. */
  function withoutSecondRecipient(post: SealedMessage): SealedMessage {
    if (post.mode !== "key") throw new Error("mode key is meant");
    const end = (at: number) => at + 2 + (post.key[at + 1] ?? 0);
    return {
      ...post,
      key: Uint8Array.from([...post.key.subarray(0, end(0)), ...post.key.subarray(end(end(0)))]),
    };
  }

  /** Alice's From over a signature that is nobody's. */
  async function withForeignSignature(): Promise<SealedMessage> {
    const post = await aliceSeals(team, "key", bytes("x"));
    if (post.mode !== "key") throw new Error("mode key is meant");
    const { literal } = await opened(post.key, team.serverKey);
    const key = await encryptWith(literal, [], [sealingHalf(team.serverKey).certificate]);
    return { ...post, key };
  }
});

describe("the list's server is asked who is a member, by posts that it refuses", () => {
  /** A reader that notes what it was asked to do, and on how many octets. */
  function watched(): { readonly reader: Reader; readonly work: string[] } {
    const work: string[] = [];
    return {
      work,
      reader: {
        async do(job, given) {
          const octets = "raw" in given ? given.raw.length : "";
          const made = await readHere.do(job, given);
          const outcome = "kind" in made ? ("code" in made ? made.code : made.kind) : "";
          work.push(`${job} ${octets} ${outcome}`);
          return made;
        },
      },
    };
  }

  /** A post of Eve's, who is on no roster, sealed to the server any number of times. */
  async function byEve(keyPackets: number): Promise<SealedMessage> {
    const post = await aliceSeals(team, "key", bytes("x"));
    if (post.mode !== "key") throw new Error("mode key is meant");
    const { literal } = await opened(post.key, team.serverKey);
    const { certificate } = sealingHalf(team.serverKey);
    const says = {
      kind: "submit",
      list: nameOf(listOf(team)),
      msgid: newMessageId("example.test"),
      "body-sha256": await sha256(post.body),
    } as const;
    const key = await encryptWith(
      literal,
      [await signs(team.eve, literal, says)],
      Array.from({ length: keyPackets }, () => certificate),
    );
    return { ...post, key };
  }

  /** What is done where the roster is asked first. */
  async function rosterFirst(reader: Reader, raw: Uint8Array): Promise<void> {
    const { mail: read } = await reader.do("read", { raw });
    if (read.kind !== "sealed") throw new Error("not sealed");
    const member = await store.memberByAddress(inUse.list.id, read.from.address);
    if (member === undefined) return;
    const { certificate } = member;
    const keys = await writeKeys(inUse);
    await reader.do("open", {
      sealed: read.sealed,
      author: { kind: "member", certificate },
      keys,
      at: Date.now(),
    });
  }

  test.each([1, MAX_PACKETS_FOR_ONE_KEY])(
    "with %i key packets: where the roster is asked first, only a member's post is opened",
    async (n) => {
      const sealed = await byEve(n);
      const [member, stranger] = [watched(), watched()];
      await rosterFirst(member.reader, mail(sealed, { from: "alice" }));
      await rosterFirst(stranger.reader, mail(sealed, { from: "ellen" }));
      expect(member.work).toHaveLength(2);
      expect(stranger.work).toHaveLength(1);
    },
  );

  test.each([1, MAX_PACKETS_FOR_ONE_KEY])(
    "with %i key packets: ours does the same work for a stranger's address as for a member's",
    async (n) => {
      const sealed = await byEve(n);
      const [member, stranger] = [watched(), watched()];
      const say = (reader: Reader, from: string) =>
        acceptPost(store, inUse, { raw: mail(sealed, { from }), at: Date.now(), reader });
      const refusal = { kind: "refused", code: "unknown-author", notified: false };
      expect(await say(member.reader, "alice")).toEqual(refusal);
      expect(await say(stranger.reader, "ellen")).toEqual(refusal);
      expect(stranger.work).toEqual(member.work);
      expect(member.work).toEqual([expect.stringMatching(/^read/), "open  unknown-author"]);
    },
  );

  test("a stranger's post is opened and its signature compared, not only looked at", async () => {
    const post = await byEve(1);
    if (post.mode !== "key") throw new Error("mode key is meant");
    const elsewhere = await makeCast("compatible");
    const toAnother = await aliceSeals(elsewhere, "key", bytes("x"));
    for (const from of ["alice", "ellen"]) {
      expect(await accept(toAnother, { from })).toMatchObject({ code: "wrong-list" });
      const damaged = { ...post, key: post.key.slice(0, -1) };
      expect(await accept(damaged, { from })).toMatchObject({ code: "damaged" });
    }
  });

  describe("a captured post in another envelope, when its author's allowance is used up", () => {
    /** The same key packet with its header in the old form: another seal digest. */
    function respelled(sealed: SealedMessage): SealedMessage {
      if (sealed.mode !== "key") throw new Error("mode key is meant");
      const { key } = sealed;
      expect(key[0]).toBe(0xc1);
      return { ...sealed, key: Uint8Array.from([0x84, ...key.subarray(1)]) };
    }
    const exhausted = { exhausted: () => true };
    const again = (sealed: SealedMessage) =>
      acceptPost(store, inUse, {
        raw: mail(respelled(sealed)),
        at: Date.now(),
        reader: readHere,
        gate: exhausted,
      });

    test("the allowance tells, where it is asked before the memory", async () => {
      const sealed = await aliceSeals(team, "key", bytes("x"));
      expect(await again(sealed)).toEqual({ kind: "too-many" });
    });

    test("ours refuses it, of a member as of somebody who left", async () => {
      const sealed = await aliceSeals(team, "key", bytes("x"));
      expect(await accept(sealed)).toMatchObject({ kind: "queued" });
      expect(await again(sealed)).toMatchObject({ kind: "refused", code: "replayed" });
      await removeMember(office, team.address, "alice@example.test");
      expect(await again(sealed)).toMatchObject({ kind: "refused", code: "unknown-author" });
    });
  });
});
