/**
 * The gate before every way out: whoever is removed, loses an office or revokes a key before the last line of a mail gets
 * none of it, however slow the relay is; and what the database promises of a removal at the very moment of that line.
 */
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import pg from "pg";
import { requestTypes } from "../../src/mail/part-types.js";
import { writeSealingKey } from "../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../src/openpgp/revocation.js";
import { generateSecret } from "../../src/openpgp/secrets.js";
import { codeOfThrown } from "../../src/server/base/error-code.js";
import { openLog } from "../../src/server/base/log.js";
import { RecipientGate } from "../../src/server/delivery/gate.js";
import { openQueueHeaders } from "../../src/server/delivery/queue-header.js";
import { startFilter } from "../../src/server/serve/filter.js";
import { openStore } from "../../src/server/store/open-store.js";
import { postgres } from "../../src/server/store/postgres.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import type { MemberRole, Store } from "../../src/server/store/store.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";
import { verifiedCommand } from "./verified-commands.js";

const by = { by: "operator", at: "2026-11-22T00:00:00.000Z" } as const;

let server: PlayServer;
let list: PlayList;
let alice: Person;
let bob: Person;
let eve: Person;

/** The relay keeps mail for `who` waiting, until `go` is called. */
function slowFor(who: Person): { readonly reached: Promise<void>; readonly go: () => void } {
  let go = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  server.sink.dawdle = (recipient) => (recipient === who.address ? gone : undefined);
  return { reached: server.sink.until((sink) => sink.named.includes(who.address)), go };
}

/** Resolves when a line of the log says so. */
async function untilLogged(event: string): Promise<void> {
  while (!server.logged.some((line) => line.includes(event))) await new Promise((r) => setTimeout(r, 5));
}

const setRole = (who: Person, role: MemberRole) =>
  server.office(({ store }) =>
    store.setMemberRole(list.list.id, who.address, role, { do: "role", address: who.address, role, ...by }),
  );

async function revoke(who: Person): Promise<void> {
  const revoked = await revokeMemberKey(who.key, new Date());
  const store = await openStore(server.place);
  const { address } = who;
  const { fingerprint } = who.key;
  const command = { listId: list.list.id, signer: fingerprint, id: "revoke", keptUntil: Date.now() + 1e6 };
  const revoke = verifiedCommand(list.list, command, "revoke");
  await store.revokeCertificate(revoke, { address, fingerprint }, writeSealingKey(revoked));
  await store.close();
}

/** The defence off: the store says of everybody that all is well, as a look before the mail began would. */
function withoutGate(store: Store): void {
  store.atGate = async (asked, decide) => {
    const members = await Promise.all(asked.map(({ memberId }) => memberId && seen.get(memberId)));
    decide(members.map((member) => (member ? { isOurs: true, member } : { isOurs: true })));
  };
  const seen = new Map<number, Awaited<ReturnType<Store["recipientById"]>>>();
  const recipientById = store.recipientById.bind(store);
  store.recipientById = async (id) => {
    const found = await recipientById(id);
    seen.set(id, found);
    return found;
  };
}

const mailFor = (memberId: number, needs?: "owner") => ({
  listId: list.list.id,
  to: { kind: "member" as const, memberId, ...(needs === undefined ? {} : { needs }) },
  recipient: eve.address,
  mail: Buffer.from("Subject: the new list key\r\n\r\nsealed\r\n"),
});

async function eveIn(store: Store): Promise<number> {
  const found = await store.memberByAddress(list.list.id, eve.address);
  if (found === undefined) throw new Error("Eve is not there");
  return found.id;
}

onEachStore(() => {
  beforeEach(async () => {
    server = await PlayServer.make();
    [alice, bob, eve] = await Promise.all([person("Alice"), person("Bob"), person("Eve")]);
    list = await server.createList("team@lists.test");
    for (const who of [alice, bob, eve]) await server.join(list, who);
  });
  afterEach(() => server.discard());

  describe("a relay that is slow between MAIL and the end of the mail", () => {
    test("without the gate, a copy goes out after the removal", async () => {
      const { store } = await server.start();
      withoutGate(store);
      const slow = slowFor(eve);
      await server.post(list, alice);
      await slow.reached;
      await server.remove(list, eve);
      slow.go();
      await server.sink.until((sink) => sink.caught.length === 3);
      expect(server.sink.for(eve.address)).toHaveLength(1);
    });

    test.each([
      ["is removed", () => server.remove(list, eve)],
      ["gets no copies any more", () => setRole(eve, "post-only")],
      ["revokes the key", () => revoke(eve)],
    ])("whoever %s meanwhile gets no copy, and the others get theirs", async (_what, change) => {
      await server.start();
      const slow = slowFor(eve);
      await server.post(list, alice);
      await slow.reached;
      await change();
      slow.go();
      await untilLogged("copy-withheld");
      await server.untilQuiet();
      expect(server.sink.for(eve.address)).toEqual([]);
      // everybody is told of a revoked key; that is no copy
      const copies = server.sink.caught.filter(({ raw }) => !raw.includes(requestTypes.answer));
      expect(copies.map(({ recipient }) => recipient).sort()).toEqual([alice.address, bob.address]);
    });

    test("a suspended member gets no copy either", async () => {
      const { store } = await server.start();
      const slow = slowFor(eve);
      await server.post(list, alice);
      await slow.reached;
      await store.suspendMember(await eveIn(store), "operator", Date.now());
      slow.go();
      await untilLogged("copy-withheld");
      await server.untilQuiet();
      expect(server.sink.for(eve.address)).toEqual([]);
    });

    test("a moderator who is none any more gets no copy for review", async () => {
      await setRole(eve, "moderator");
      await server.office(({ store }) =>
        store.setPostPolicy(list.list.id, "moderated", { do: "policy", policy: "moderated", ...by }),
      );
      await server.start();
      const slow = slowFor(eve);
      await server.post(list, alice);
      await slow.reached;
      await setRole(eve, "member");
      slow.go();
      await untilLogged("copy-withheld");
      await server.untilQuiet();
      expect(server.sink.caught).toEqual([]);
    });

    test("a list that is paused meanwhile sends nothing more; what it would have sent waits for the operator", async () => {
      const { store } = await server.start();
      const slow = slowFor(eve);
      await server.post(list, alice);
      await slow.reached;
      await new Heads(server.folder.heads).pauseAll(store);
      slow.go();
      await untilLogged("copy-withheld");
      expect(server.sink.for(eve.address)).toEqual([]);
      while ((await store.queueCounts()).aside === 0) await new Promise((r) => setTimeout(r, 5));
    });

    test("a renewed certificate: the copy is made anew, for it", async () => {
      const { store } = await server.start();
      const slow = slowFor(eve);
      await server.post(list, alice);
      await slow.reached;
      const renewed = Buffer.concat([eve.key.secret.toPublic().write(), new Uint8Array()]);
      // a certificate with one more marker packet is other bytes for the same key
      const marked = Buffer.concat([renewed, Buffer.from([0xca, 3, 0x50, 0x47, 0x50])]);
      const command = {
        listId: list.list.id,
        signer: eve.key.fingerprint,
        id: "renew",
        keptUntil: Date.now(),
      };
      const { address } = eve;
      const { fingerprint } = eve.key;
      const office = await openStore(server.place);
      await office.renewCertificate(
        verifiedCommand(list.list, command, "renew"),
        { address, fingerprint },
        marked,
      );
      await office.close();
      slow.go();
      await untilLogged("certificate-changed");
      await server.sink.until((sink) => sink.for(eve.address).length === 1);
      await server.untilQuiet();
      expect(server.sink.caught).toHaveLength(3);
      expect(await store.queueCounts()).toEqual({ waiting: 0, aside: 0 });
    });

    test.each([
      ["a member who is removed", undefined, () => server.remove(list, eve)],
      ["an owner who is none any more", "owner", () => setRole(eve, "member")],
      ["a member who revokes the key", undefined, () => revoke(eve)],
    ] as const)("a sealed mail for %s meanwhile is not sent", async (_who, needs, change) => {
      if (needs !== undefined) await setRole(eve, needs);
      const { store } = await server.start();
      const slow = slowFor(eve);
      await store.addMail(mailFor(await eveIn(store), needs), Date.now());
      server.service.wake();
      await slow.reached;
      await change();
      slow.go();
      await untilLogged("answer-withheld");
      await server.untilQuiet();
      expect(server.sink.caught).toEqual([]);
    });
  });

  describe("what waits in the queue", () => {
    const later = async (change: () => Promise<unknown>, mail: Parameters<Store["addMail"]>[0]) => {
      await server.sink.close();
      const { store } = await server.start();
      await store.addMail(mail, Date.now());
      await change();
      await server.sink.reopen();
      await server.untilQuiet();
      return store;
    };

    test("a new list key for a member who revoked the key since is not sent", async () => {
      const id = await server.office(({ store }) => eveIn(store));
      await later(() => revoke(eve), mailFor(id));
      expect(server.sink.caught).toEqual([]);
    });

    test("an answer to somebody who has left is sent", async () => {
      const { recipient, mail, listId } = mailFor(0);
      await later(() => server.remove(list, eve), { listId, to: { kind: "anybody" }, recipient, mail });
      expect(server.sink.for(eve.address)).toHaveLength(1);
    });

    test("a restored, paused list sends nothing of before; what an owner is answered since goes out", async () => {
      const id = await server.office(({ store }) => eveIn(store));
      const { recipient, mail, listId } = mailFor(0);
      const store = await later(async () => {
        await new Heads(server.folder.heads).pauseAll(server.service.store);
        const to = { kind: "anybody" } as const;
        await server.service.store.addMail({ listId, to, recipient: bob.address, mail }, Date.now() + 1);
        await server.service.store.addMail({ listId, to, recipient, mail }, Date.now() - 60_000);
      }, mailFor(id));
      expect(server.sink.caught.map((each) => each.recipient)).toEqual([bob.address]);
      // whoever asked before the restore may ask again; what is for members waits for the operator
      expect(await store.queueCounts()).toEqual({ waiting: 0, aside: 2 });
    });

    test("is claimed under a token: of two workers, one sends it and one can say what became of it", async () => {
      const [here, there] = await Promise.all([openStore(server.place), openStore(server.place)]);
      const now = Date.now();
      await here.addMail(mailFor(await eveIn(here)), now);
      const [slow] = await here.claimJobs(now, now + 1000, 5);
      expect(await there.claimJobs(now, now + 1000, 5)).toEqual([]);
      const [quick] = await there.claimJobs(now + 1000, now + 2000, 5);
      if (slow === undefined || quick === undefined) throw new Error("nothing was claimed");
      const words: boolean[] = [];
      await here.atGate([{ job: slow }, { job: quick }], (found) => {
        words.push(...found.map(({ isOurs }) => isOurs));
      });
      expect(words).toEqual([false, true]);
      await here.finishJobs([slow]);
      expect(await here.queueCounts()).toEqual({ waiting: 1, aside: 0 });
      await Promise.all([here.close(), there.close()]);
    });
  });

  test("a member whose key was revoked gets no copies under a secret either, nor where they are only passed on", async () => {
    const secret = await generateSecret("member", "compatible");
    const carol = await person("Carol");
    await server.join(list, carol, "mixed", { copiesSecret: secret.secret });
    const bare = await server.createList("bare@lists.test", { delivery: "opened" });
    for (const who of [alice, carol]) await server.join(bare, who);
    for (const each of [list, bare]) {
      const revoked = writeSealingKey(await revokeMemberKey(carol.key, new Date()));
      const store = await openStore(server.place);
      const named = { address: carol.address, fingerprint: carol.key.fingerprint };
      const command = { listId: each.list.id, signer: named.fingerprint, id: "r", keptUntil: Date.now() };
      await store.revokeCertificate(verifiedCommand(each.list, command, "revoke"), named, revoked);
      await store.close();
    }
    await server.start();
    await server.post(list, alice);
    await server.post(bare, alice);
    await server.untilQuiet();
    expect(server.sink.for(carol.address).filter(({ sender }) => sender !== "")).toEqual([]);
    expect(server.sink.caught.filter(({ sender }) => sender !== "")).toHaveLength(4);
  });

  describe("the moment of the last line", () => {
    /** Tries to take a member off, in a moment in which nothing of this process can run. @returns what the database says */
    function tryToRemove(id: number): string {
      const { place } = server;
      if (place.kind === "sqlite") {
        const database = new Database(place.file, { timeout: 0 });
        try {
          database.prepare("DELETE FROM members WHERE id = ?").run(id);
          return "done";
        } catch (error) {
          return codeOfThrown(error) ?? "strange";
        } finally {
          database.close();
        }
      }
      const script = `
        import pg from "pg";
        const client = new pg.Client({ connectionString: ${JSON.stringify(place.url)}, lock_timeout: 100 });
        await client.connect();
        await client.query("DELETE FROM members WHERE id = ${id}").then(
          () => process.stdout.write("done"),
          (error) => process.stdout.write(error.code));
        await client.end();`;
      return spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" })
        .stdout;
    }
    /** Until somebody waits for a lock in this database. Asked outside of transactions: one sees the same answer until it ends. */
    async function untilBlocked(url: string): Promise<void> {
      const onlooker = new pg.Client({ connectionString: url });
      await onlooker.connect();
      const blocked =
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
      while ((await onlooker.query(blocked)).rows.length === 0) await new Promise((r) => setTimeout(r, 5));
      await onlooker.end();
    }
    const taken = ({ address, fingerprint }: { address: string; fingerprint: string }) =>
      ({ do: "remove", address, fingerprint, ...by }) as const;
    const decision = async (store: Store, memberId: number, during: () => void = () => undefined) => {
      let decided: "sent" | "stopped" | undefined;
      await store.atGate([{ memberId }], ([word]) => {
        during();
        decided = word?.member === undefined ? "stopped" : "sent";
      });
      return decided;
    };

    test("a look before the mail, as without the gate, keeps nobody on the roster", async () => {
      const store = await openStore(server.place);
      const memberId = await eveIn(store);
      expect(await store.recipientById(memberId)).toBeDefined();
      // the mail's last line would be sent now
      expect(tryToRemove(memberId)).toBe("done");
      await store.close();
    });

    test("a removal that comes while the last line is written is committed after it", async () => {
      const store = await openStore(server.place);
      const memberId = await eveIn(store);
      let said = "";
      expect(
        await decision(store, memberId, () => {
          said = tryToRemove(memberId);
        }),
      ).toBe("sent");
      expect(said).toBe(server.place.kind === "sqlite" ? "SQLITE_BUSY" : "55P03");
      await store.removeMember(list.list.id, eve.address, taken);
      expect(await decision(store, memberId)).toBe("stopped");
      await store.close();
    });

    test("a suspension that comes while the last line is written is committed after it", async () => {
      const store = await openStore(server.place);
      const memberId = await eveIn(store);
      const { place } = server;
      let suspended: Promise<boolean> | undefined;
      let stop: boolean | undefined;
      if (place.kind === "sqlite") {
        await store.atGate([{ memberId }], ([word]) => {
          stop = word?.member?.isSuspended;
          const database = new Database(place.file, { timeout: 0 });
          const suspend = database.prepare("INSERT INTO suspensions VALUES (?, 1, 'operator')");
          expect(() => suspend.run(memberId)).toThrow("database is locked");
          database.close();
        });
        expect(await store.suspendMember(memberId, "operator", 1)).toBe(true);
      } else {
        // the gate's transaction is open until its client says so
        const reader = new pg.Client({ connectionString: place.url });
        await reader.connect();
        await reader.query("BEGIN");
        await reader.query(`SELECT id FROM members WHERE id = $1 ${postgres.shareRows.sql}`, [memberId]);
        suspended = store.suspendMember(memberId, "operator", 1);
        await untilBlocked(place.url);
        expect((await reader.query("SELECT 1 FROM suspensions")).rows).toEqual([]);
        await reader.query("COMMIT");
        expect(await suspended).toBe(true);
        await reader.end();
        stop = false;
      }
      expect(stop).toBe(false);
      await store.atGate([{ memberId }], ([word]) => {
        expect(word?.member?.isSuspended).toBe(true);
      });
      await store.close();
    });

    test("a suspension that was there first is waited for, and seen", async () => {
      const { place } = server;
      const store = await openStore(place);
      const memberId = await eveIn(store);
      let isSuspended: boolean | undefined;
      const asked = () =>
        store.atGate([{ memberId }], ([word]) => {
          isSuspended = word?.member?.isSuspended;
        });
      if (place.kind === "postgres") {
        const suspending = new pg.Client({ connectionString: place.url });
        await suspending.connect();
        await suspending.query("BEGIN");
        await suspending.query(`SELECT id FROM members WHERE id = $1 ${postgres.lockRows.sql}`, [memberId]);
        await suspending.query("INSERT INTO suspensions VALUES ($1, 1, 'operator')", [memberId]);
        const decided = asked();
        await untilBlocked(place.url);
        await suspending.query("COMMIT");
        await decided;
        await suspending.end();
      } else {
        await store.suspendMember(memberId, "operator", 1);
        await asked();
      }
      expect(isSuspended).toBe(true);
      await store.close();
    });

    test("a pause that is written between the gate's question and the last line stops the mail", async () => {
      const store = await openStore(server.place);
      const memberId = await eveIn(store);
      const heads = new Heads(server.folder.heads);
      await heads.note(store);
      const atGate = store.atGate.bind(store);
      // as by a command beside the server
      store.atGate = async (asked, decide) => {
        await new Heads(server.folder.heads).pauseAll(store);
        await atGate(asked, decide);
      };
      let ended = 0;
      const passenger = { listId: list.list.id, need: "copies", member: { id: memberId } } as const;
      const gate = new RecipientGate({ store, heads });
      expect(await gate.ask(passenger, () => ended++)).toBe("paused");
      expect(ended).toBe(0);
      await store.close();
    });

    test("a removal that was there first is waited for, and seen", async () => {
      const store = await openStore(server.place);
      const memberId = await eveIn(store);
      const { place } = server;
      if (place.kind === "sqlite") {
        // a writer has the whole file: the gate, in this process as in any other, begins when it has ended
        const database = new Database(place.file);
        database.exec("BEGIN IMMEDIATE");
        database.prepare("DELETE FROM members WHERE id = ?").run(memberId);
        const other = new Database(place.file, { timeout: 0 });
        expect(() => other.exec("BEGIN IMMEDIATE")).toThrow("database is locked");
        other.close();
        database.exec("COMMIT");
        database.close();
        expect(await decision(store, memberId)).toBe("stopped");
      } else {
        const removal = new pg.Client({ connectionString: place.url });
        await removal.connect();
        await removal.query("BEGIN");
        await removal.query("DELETE FROM members WHERE id = $1", [memberId]);
        const decided = decision(store, memberId);
        await untilBlocked(place.url);
        await removal.query("COMMIT");
        expect(await decided).toBe("stopped");
        await removal.end();
      }
      await store.close();
    });
  });

  describe("the filter behind Postfix", () => {
    const withHeader = async () => {
      const { raw } = await seal(list, alice);
      const headers = await openQueueHeaders(server.folder);
      const certificate = alice.key.secret.toPublic().write();
      const author = { kind: "member", name: "Alice", certificate } as const;
      return Buffer.concat(headers.attach(raw, { listId: list.list.id, accepted: Date.now(), author }));
    };
    const filtering = async () => {
      // makes what every server has in its folder
      await server.start();
      await server.stop();
      return startFilter({
        upstream: "postfix",
        folder: server.folder,
        store: server.place,
        front: { protocol: "smtp", host: "127.0.0.1", port: 0 },
        relay: { protocol: "smtp", host: "127.0.0.1", port: server.sink.port, tls: "none" },
        log: openLog({ write: (line) => server.logged.push(line) }),
      });
    };
    const handed = async (port: number, raw: Uint8Array) =>
      submit(port, { sender: "team-bounces@lists.test", recipient: eve.address, raw });

    test("hands a copy over", async () => {
      const filter = await filtering();
      expect(await handed(filter.front.port, await withHeader())).toMatchObject({ code: 250 });
      expect(server.sink.for(eve.address)).toHaveLength(1);
      await filter.stop();
    });

    test("makes none for somebody who is removed while its relay is slow", async () => {
      const filter = await filtering();
      const slow = slowFor(eve);
      const answer = handed(filter.front.port, await withHeader());
      await slow.reached;
      await server.remove(list, eve);
      slow.go();
      expect(await answer).toMatchObject({ code: 250 });
      expect(server.sink.caught).toEqual([]);
      await filter.stop();
    });

    test("makes none for a paused list: Postfix keeps the post until an owner lets the list go on", async () => {
      const filter = await filtering();
      await server.office(({ store }) => new Heads(server.folder.heads).pauseAll(store));
      expect(await handed(filter.front.port, await withHeader())).toMatchObject({ code: 451 });
      expect(server.sink.named).toEqual([]);
      await filter.stop();
    });
  });
});
