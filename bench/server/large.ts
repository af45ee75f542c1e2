/**
 * A list of 100,000 members: how long the server's thread is at one thing while it starts, takes a post, and is asked about the
 * roster; and whether anything takes more than ten times as long as with a tenth of the members.
 *
 * The server runs in this process, so what is measured is the longest turn of the event loop, in processor time, which
 * other programs do not lengthen. It includes V8's own threads: a little more than the turn itself.
 */

import { randomBytes } from "node:crypto";
import { MAX_NOTICE_PACKETS } from "../../src/membership/request/commands.js";
import { DAY_MS } from "../../src/server/base/limits.js";
import { roster } from "../../src/server/request/roster.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import { rosterPages } from "../../src/server/store/roster-pages.js";
import { PlayServer, person } from "../../test/server/play-server.js";
import { verifiedCommand } from "../../test/server/verified-commands.js";
import { compare, type Row } from "../row.js";
import { openSink } from "./relays.js";

const LARGE = 100_000;
const TENTH = LARGE / 10;
/** Members that are added in one transaction. */
const AT_A_TIME = 250;
const GOAL_MS = 50;
/** What an owner's notice of a new list key has: a session key packet a member, and one body. */
const PACKET_OCTETS = 96;
const BODY_OCTETS = 4_096;
/** A tenth of the members may take a little more than a tenth of the time. */
const LINEAR = 1.3;

/** What something took: its longest turn, and all of it. */
interface Spent {
  readonly turn: number;
  readonly whole: number;
}

const cpuNow = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function spent(work: () => Promise<unknown>): Promise<Spent> {
  let turn = 0;
  let isDone = false;
  const begun = cpuNow();
  let last = begun;
  const next = () => {
    const now = cpuNow();
    turn = Math.max(turn, now - last);
    last = now;
    if (!isDone) setImmediate(next);
  };
  setImmediate(next);
  await work();
  const whole = cpuNow() - begun;
  isDone = true;
  return { turn: Math.max(turn, cpuNow() - last), whole };
}

/** Everything that is measured, at a list with that many members. */
async function atSize(members: number): Promise<ReadonlyMap<string, Spent>> {
  const found = new Map<string, Spent>();
  const note = async (what: string, work: () => Promise<unknown>) => {
    found.set(what, await spent(work));
  };
  const sink = await openSink();
  const play = await PlayServer.make();
  try {
    const alice = await person("Alice");
    const list = await play.createList("team@lists.test");
    await play.join(list, alice);
    const certificate = (await person("Crowd")).key.secret.toPublic().write();
    await play.office(async ({ store }) => {
      await store.setMemberRole(list.list.id, alice.address, "owner", {
        ...{ do: "role", address: alice.address, role: "owner", by: "operator" },
        at: new Date().toISOString(),
      });
      await note("everybody is added", async () => {
        for (let from = 1; from < members; from += AT_A_TIME) {
          const crowd = Array.from({ length: Math.min(AT_A_TIME, members - from) }, (_, index) => {
            const number = from + index;
            const address = `crowd${number}@people.test`;
            const fingerprint = number.toString(16).padStart(40, "0");
            const name = `Crowd ${number}`;
            const at = new Date().toISOString();
            return {
              member: { address, name, certificate, fingerprint, shape: "encrypted" as const },
              role: "member" as const,
              isPaused: false,
              changes: [{ do: "add", address, fingerprint, by: "operator", at } as const],
            };
          });
          await store.addMembers(list.list.id, { members: crowd }, Date.now());
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    });
    const relay = { protocol: "smtp", host: "127.0.0.1", port: sink.port, tls: "none" } as const;
    await note("the server starts", () => play.start("smtp", "smtp", { relay, lanes: 8 }));
    await note("a post is taken", async () => {
      const { code } = await play.post(list, alice);
      if (code !== 250) throw new Error(`the post was answered with ${code}`);
    });
    const { store } = play.service;
    await note("its first copies go out", async () => {
      const sent = () => play.logged.filter((line) => line.includes('"copy-sent"')).length;
      while (sent() < 1_000) await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await play.service.stop();
    await play.office(async ({ store }) => {
      await note("metrics", async () => {
        await store.rosterSizes();
        await new Promise((resolve) => setImmediate(resolve));
        await store.queueCounts();
      });
      await note("the reviewers of bounces count the readers", () => store.readerCount(list.list.id));
      await note("cleaning up", () => store.forget(Date.now()));
      const heads = new Heads(play.folder.heads);
      await note("heads", () => heads.note(store));
      await note("member list", async () => {
        for await (const _page of rosterPages(store, list.list.id));
      });
      // as many as one command may bring
      const packets = Array.from({ length: MAX_NOTICE_PACKETS }, (_, index) => ({
        to: (1 + index).toString(16).padStart(40, "0"),
        packet: randomBytes(PACKET_OCTETS),
      }));
      const keptUntil = Date.now() + DAY_MS;
      const command = { listId: list.list.id, signer: alice.key.fingerprint, id: "notice", keptUntil };
      const body = randomBytes(BODY_OCTETS);
      await note(`${MAX_NOTICE_PACKETS} members' parts of a list key's notice are kept`, async () => {
        const notice = { serial: 1, digest: "a digest", body };
        const verified = verifiedCommand(list.list, command, "claim");
        const { kind } = await store.keepSharedNotice(verified, notice, packets);
        if (kind !== "done") throw new Error(`the notice was ${kind}`);
      });
      const owner = await store.memberByAddress(list.list.id, alice.address);
      if (owner === undefined) throw new Error("no owner");
      const asked = { list: list.list, now: new Date(), parts: { store, heads } };
      await note("a page of the roster for an owner", () => roster(asked, owner, { after: 0 }));
    });
    void store;
    return found;
  } finally {
    await play.discard();
    await sink.close();
  }
}

/** What takes as long as there are members; the rest should take the same with any number. */
const everybody = new Set(["everybody is added", "member list"]);

/** The rows of this part. */
export async function largeRows(): Promise<readonly Row[]> {
  const tenth = await atSize(TENTH);
  const large = await atSize(LARGE);
  return [...large].flatMap(([what, { turn, whole }]) => [
    ...compare(`${LARGE} members, longest turn: ${what}`, "CPU ms", turn, [
      { name: "what is allowed", value: GOAL_MS, goal: 1 },
    ]),
    ...compare(`${LARGE} members: ${what}`, "CPU ms", whole, [
      {
        name: `ten times what it is with ${TENTH}`,
        value: 10 * (tenth.get(what)?.whole ?? Number.NaN),
        ...(everybody.has(what) ? { goal: LINEAR } : {}),
      },
    ]),
  ]);
}
