import { codeOf } from "../../src/extension/platform/errors.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  type ListBeforeNotice,
  type News,
  type Notice,
  type OwnerTerm,
  openNotice,
  openReceipt,
  writeNotice,
  writeReceipt,
} from "../../src/membership/notice/owner-notice.js";
import {
  armorOpeningKey,
  armorSealingKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  readOpeningKey,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { team } from "./chain.js";
import { pairIn } from "./list-pair.js";

const outcome = async (act: Promise<{ kind: string } | string>): Promise<string> => {
  try {
    const result = await act;
    return typeof result === "string" ? result : result.kind;
  } catch (thrown) {
    return codeOf(thrown, "worker-failed");
  }
};

describe.each(["compatible", "rfc9580"] as const)("owners' notices (%s)", (profile) => {
  let olga: OpeningKey<"member">;
  let oscar: OpeningKey<"member">;
  let bob: OpeningKey<"member">;
  let eve: OpeningKey<"member">;
  let server: OpeningKey<"server">;
  let oldKey: OpeningKey<"list">;
  let newKey: OpeningKey<"list">;
  let known: ListBeforeNotice;
  const term = (key: OpeningKey<"member">, name: string, from = 0, to?: number): OwnerTerm => ({
    certificate: sealingHalf(key),
    address: parseAddress(`${name}@x.test`),
    from,
    ...(to === undefined ? {} : { to }),
  });
  const notice = (news: News, serial = 1): Notice => ({
    serial,
    date: new Date(Math.floor(Date.now() / 1000) * 1000),
    list: { address: team, key: oldKey.fingerprint },
    news,
  });
  const rekey = (listKey = newKey, serial = 1) =>
    notice({ kind: "new-list-key", listKey, graceEnds: new Date("2026-09-01T00:00:00Z") }, serial);
  const told = async (what: Notice, by = olga, changes: Partial<ListBeforeNotice> = {}) =>
    openNotice(await writeNotice(what, by, sealingHalf(bob)), bob, { ...known, ...changes });

  beforeAll(async () => {
    const person = (name: string) => generateMemberKey({ address: `${name}@x.test`, name, profile });
    [olga, oscar, bob, eve, server, oldKey, newKey] = await Promise.all([
      person("olga"),
      person("oscar"),
      person("bob"),
      person("eve"),
      generateKey("server", { address: team, profile }),
      generateKey("list", { address: team, profile }),
      generateKey("list", { address: team, profile }),
    ]);
    known = {
      address: team,
      profile,
      keys: [oldKey.fingerprint],
      secrets: [],
      owners: [term(olga, "olga")],
      server: sealingHalf(server),
      serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
    };
  });

  test("a new list key reaches the member whom it is sealed to, and nobody else", async () => {
    const sent = rekey();
    const sealed = await writeNotice(sent, olga, sealingHalf(bob));
    const read = await openNotice(sealed, bob, known);
    if (read.kind !== "news" || read.notice.news.kind !== "new-list-key") throw new Error("no new key");
    expect(read.by).toBe(olga.fingerprint);
    expect(await armorOpeningKey(pairIn(read.notice.news.listKey))).toBe(await armorOpeningKey(newKey));
    expect({ ...read.notice, news: undefined }).toEqual({ ...sent, news: undefined });
    expect(await openNotice(sealed, eve, known)).toEqual({ kind: "not-for-me" });
  });

  test("only an owner of today is believed", async () => {
    expect(await outcome(told(rekey(), eve))).toBe("unknown-author");
    const former = [term(olga, "olga"), term(oscar, "oscar", 0, 1)];
    expect(await outcome(told(rekey(), oscar, { owners: former }))).toBe("unknown-author");
    const present = [term(olga, "olga"), term(oscar, "oscar")];
    expect(await outcome(told(rekey(), oscar, { owners: present }))).toBe("news");
    expect(await outcome(told(rekey(), olga, { address: parseAddress("other@x.test") }))).toBe("wrong-list");
  });

  test("nobody is taken back: an old serial is refused, a late list key is for reading only", async () => {
    const serials = { owners: 0, "new-list-key": 2, "new-server-key": 0 };
    expect(await outcome(told(rekey(newKey, 1), olga, { serials }))).toBe("former-list-key");
    const keys = [oldKey.fingerprint, newKey.fingerprint];
    expect(await outcome(told(rekey(newKey, 2), olga, { serials, keys }))).toBe("old-serial");
    const owners = notice({ kind: "owners", owners: [term(olga, "olga")] }, 3);
    expect(await outcome(told(owners, olga, { serials: { ...serials, owners: 3 } }))).toBe("old-serial");
  });

  test("owners come and go; what was, stays", async () => {
    const news = (...owners: OwnerTerm[]) => notice({ kind: "owners", owners }, 2);
    const both = [term(olga, "olga"), term(oscar, "oscar", 1)];
    const serials = { owners: 1, "new-list-key": 0, "new-server-key": 0 };
    const outcomeAfter = (...owners: OwnerTerm[]) =>
      outcome(told(news(...owners), olga, { owners: both, serials }));
    expect(await outcomeAfter(term(olga, "olga", 0, 2), term(oscar, "oscar", 1))).toBe("news");
    expect(await outcomeAfter(...both, term(bob, "bob", 2))).toBe("news");
    expect(await outcomeAfter(term(oscar, "oscar", 1))).toBe("binding-mismatch");
    expect(await outcomeAfter(term(olga, "olga", 0, 2), term(oscar, "oscar", 1, 2))).toBe("binding-mismatch");
    expect(await outcomeAfter(term(olga, "olga", 0, 1), term(oscar, "oscar", 1))).toBe("binding-mismatch");
    expect(await outcomeAfter(...both, term(bob, "bob", 3))).toBe("binding-mismatch");
    expect(await outcomeAfter(...both, term(olga, "olga", 2))).toBe("binding-mismatch");
  });

  test("no key stands in two roles", async () => {
    const asList = await readOpeningKey("list", await armorOpeningKey(newKey));
    const changed = { ...known, server: { ...sealingHalf(server), certificate: asList.secret.toPublic() } };
    expect(await outcome(told(rekey(), olga, changed))).toBe("wrong-role");
    const replaces = server.fingerprint;
    const another = await generateKey("server", { address: team, profile });
    const moved = notice({ kind: "new-server-key", server: sealingHalf(another), replaces });
    const read = await told(moved);
    if (read.kind !== "news" || read.notice.news.kind !== "new-server-key") throw new Error("no new server");
    expect(armorSealingKey(read.notice.news.server)).toBe(armorSealingKey(sealingHalf(another)));
    expect(await outcome(told(moved, olga, { keys: [another.fingerprint] }))).toBe("wrong-role");
  });

  test("the owner sees who has taken it", async () => {
    const sealed = await writeReceipt(rekey(), bob, sealingHalf(olga));
    const read = await openReceipt(sealed, olga, [sealingHalf(eve), sealingHalf(bob)]);
    expect(read).toMatchObject({ news: "new-list-key", serial: 1, by: bob.fingerprint });
    expect(await outcome(openReceipt(sealed, olga, [sealingHalf(eve)]).then(() => "read"))).toBe(
      "unknown-author",
    );
    expect(await openReceipt(sealed, oscar, [sealingHalf(bob)])).toBe("not-for-me");
    // a notice is no receipt, nor the other way round
    const note = await writeNotice(rekey(), olga, sealingHalf(bob));
    expect(await outcome(openReceipt(note, bob, [sealingHalf(olga)]).then(() => "read"))).toBe("wrong-kind");
    expect(await outcome(openNotice(sealed, olga, { ...known, owners: [term(bob, "bob")] }))).toBe(
      "wrong-kind",
    );
  });
});
