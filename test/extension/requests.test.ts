/** Requests that the add-on sends by itself: written and answered with real keys, recognised, and kept. */
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { type Incoming, takePart } from "../../src/extension/requests/incoming.js";
import {
  forgetPending,
  keepPending,
  lastRefusal,
  loadRequests,
  noteAnswered,
  noteReport,
  type PendingRequest,
  REQUESTS_VERSION,
  readRequests,
  wasReported,
} from "../../src/extension/requests/pending.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { openSealedAnswer, writeSealedRequest } from "../../src/extension/worker/requests.js";
import type { JobInput } from "../../src/extension/worker/table.js";
import { toBase64 } from "../../src/mail/base64.js";
import { incomingPart } from "../../src/mail/found-parts.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import type { RequestResult } from "../../src/membership/request/answer-result.js";
import { writeAnswer } from "../../src/membership/request/answers.js";
import { openRequest, verifyRequest } from "../../src/membership/request/request.js";
import {
  generateKey,
  type OpeningKey,
  parseFingerprint,
  parseSealingKey,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { configFor } from "../../src/openpgp/policy.js";
import { local, resetHost } from "./fake-host.js";
import { requestsVersion1 } from "./requests-version-1.js";

const team = parseAddress("team@lists.example");
const listKey = "aa".repeat(20);
const head = { number: 3, hash: "ab".repeat(32) };
const now = () => new Date().toISOString();

async function cast() {
  const server = await generateKey("server", { address: team, profile: "compatible" });
  const made = await makeKey({
    address: "alice@example.test",
    name: "Alice",
    passphrase: null,
    profile: "compatible",
    now: now(),
  });
  return { server, ...made, certificate: toBase64(writeSealingKey(sealingHalf(server))) };
}
let people: Awaited<ReturnType<typeof cast>>;
beforeAll(async () => {
  people = await cast();
});

const leaving = (): JobInput<"write-request"> => ({
  command: { do: "leave" },
  list: { address: team, key: listKey },
  server: people.certificate,
  key: people.key,
  secret: people.secret,
  introduction: null,
  now: now(),
});

async function answerTo(request: string, result: RequestResult, by: OpeningKey<"server"> = people.server) {
  const asker = await parseSealingKey("member", Buffer.from(people.key.certificate, "base64"));
  const list = { address: team, key: parseFingerprint(listKey) };
  return writeAnswer({ request, date: new Date(), list, result, server: sealingHalf(by) }, by, asker);
}

const openWith = (sealed: Uint8Array, requests: readonly string[], secrets = [people.secret]) =>
  openSealedAnswer({
    sealed,
    secrets,
    expected: [{ list: team, server: people.certificate, requests }],
    now: now(),
  });

describe("a request", () => {
  test("is what the list's server takes, and its answer is opened here", async () => {
    const { id, sealed } = await writeSealedRequest(leaving());
    const opened = await openRequest(sealed, people.server, { address: team, keys: [listKey] });
    const asker = await parseSealingKey("member", Buffer.from(people.key.certificate, "base64"));
    await verifyRequest(opened, [asker.certificate], new Date());
    expect(opened.request).toMatchObject({ id, command: { do: "leave" } });
    const answer = await openWith(await answerTo(id, { kind: "done", head }), [id]);
    expect(answer).toMatchObject({ kind: "answer", request: id, list: team, result: { kind: "done", head } });
  });

  test("of joining needs the introduction", async () => {
    const command = { do: "join", name: "Alice", shape: "encrypted" } as const;
    await expect(writeSealedRequest({ ...leaving(), command })).rejects.toMatchObject({
      code: "invitation-damaged",
    });
  });
});

describe("an answer", () => {
  test("of another server, to another's request, and to another's key", async () => {
    const { id } = await writeSealedRequest(leaving());
    const other = await generateKey("server", { address: team, profile: "compatible" });
    await expect(openWith(await answerTo(id, { kind: "done", head }, other), [id])).rejects.toMatchObject({
      code: "unknown-author",
    });
    const sealed = await answerTo(id, { kind: "done", head });
    await expect(openWith(sealed, ["00".repeat(16)])).rejects.toMatchObject({ code: "binding-mismatch" });
    const { secret } = await cast();
    expect(await openWith(sealed, [id], [secret])).toEqual({ kind: "not-for-me" });
    // one of several keys is enough
    expect(await openWith(sealed, [id], [secret, people.secret])).toMatchObject({ kind: "answer" });
  });
});

test("a renewed server certificate is taken unasked, and an older one that comes again does not take it back", async () => {
  const later = new Date(Date.now() + 1_000);
  const renewed: OpeningKey<"server"> = {
    ...people.server,
    secret: await people.server.secret.addSubkey({
      ...({ type: "ecc", curve: "curve25519Legacy", date: later } as const),
      config: configFor("compatible"),
    }),
  };
  const told = await answerTo("22".repeat(16), { kind: "server-key", head }, renewed);
  const fresh = toBase64(writeSealingKey(sealingHalf(renewed)));
  expect(fresh).not.toBe(people.certificate);
  expect(await openWith(told, [])).toMatchObject({ result: { kind: "server-key" }, server: fresh });
  const old = await answerTo("33".repeat(16), { kind: "server-key", head });
  const opened = await openSealedAnswer({
    sealed: old,
    secrets: [people.secret],
    expected: [{ list: team, server: fresh, requests: [] }],
    now: now(),
  });
  expect(opened).toMatchObject({ server: fresh });
});

describe("a mail", () => {
  const leaf = (contentType: string, partName: string) => ({ contentType, partName });
  const mail = (...parts: { contentType: string; partName: string; name?: string }[]) => ({
    contentType: "message/rfc822",
    parts: [{ contentType: "multipart/mixed", parts: [leaf("text/plain", "1.1"), ...parts] }],
  });

  test("is recognised by its one part", () => {
    expect(incomingPart(mail(leaf(`${requestTypes.answer}; name=answer.pgp`, "1.2")))).toEqual({
      kind: "answer",
      partName: "1.2",
      byName: false,
    });
    const attachedByHand = { ...leaf("application/octet-stream", "1.2"), name: "notice.pgp" };
    expect(incomingPart(mail(attachedByHand))).toEqual({ kind: "notice", partName: "1.2", byName: true });
    expect(incomingPart(mail(leaf("APPLICATION/vnd.listseal.notice", "1.2")))?.kind).toBe("notice");
  });

  test("of a name alone is an ordinary one unless it opens", async () => {
    const taken = (byName: boolean, arrived: Incoming) =>
      takePart({ kind: "notice", byName }, async () => new Uint8Array(3), {
        ...arrivals,
        notice: async () => arrived,
      });
    const refused = { kind: "refused", code: "damaged" } as const;
    expect(await taken(false, refused)).toEqual(refused);
    expect(await taken(true, refused)).toBeUndefined();
    expect(await taken(true, { kind: "not-for-me" })).toBeUndefined();
    expect(await taken(true, { kind: "old-notice" })).toEqual({ kind: "old-notice" });
    expect(await taken(true, { kind: "locked" })).toEqual({ kind: "locked" });
  });

  test.each([
    ["an ordinary mail", mail(leaf("application/pdf", "1.2"))],
    ["a request, which is the server's", mail(leaf(requestTypes.request, "1.2"))],
    ["two answers", mail(leaf(requestTypes.answer, "1.2"), leaf(requestTypes.answer, "1.3"))],
    [
      "one behind very many parts",
      mail(...Array.from({ length: 100 }, () => leaf("text/plain", "1.2")), leaf(requestTypes.answer, "1.3")),
    ],
  ])("%s is none", (_, tree) => {
    expect(incomingPart(tree)).toBeUndefined();
  });
});

describe("what is kept", () => {
  const request: PendingRequest = {
    id: "11".repeat(16),
    do: "leave",
    list: team,
    about: null,
    requestAddress: "team-request@lists.example",
    server: "U0VSVkVS",
    from: "alice@example.test",
    key: "dd".repeat(20),
    sealed: "U0VBTEVE",
    askedAt: "2026-01-01T00:00:00.000Z",
    sending: "unsent",
    failure: "not-sent",
  };
  beforeEach(() => resetHost());

  test("a request stays until it is answered, in its newest state", async () => {
    await keepPending(request);
    await keepPending({ ...request, sending: "sent", failure: null });
    expect((await loadRequests()).pending).toMatchObject([{ sending: "sent" }]);
    await noteAnswered(request, "last-owner");
    const requests = await loadRequests();
    expect(requests).toMatchObject({ pending: [], answered: [{ id: request.id, do: "leave" }] });
    expect(lastRefusal(requests, team)).toEqual({ do: "leave", code: "last-owner" });
    await noteAnswered({ ...request, id: "22" }, null);
    expect(lastRefusal(await loadRequests(), team)).toBeNull();
  });

  test("a request can be forgotten, and a report is noted", async () => {
    await keepPending(request);
    await forgetPending(request.id);
    expect((await loadRequests()).pending).toEqual([]);
    const noted = async () => wasReported(await loadRequests(), "1", "joined");
    expect(await noted()).toBe(false);
    await noteReport("1", "joined");
    await noteReport("1", "joined");
    expect([await noted(), (await loadRequests()).reported]).toEqual([true, ["1 joined"]]);
  });

  test.each([
    ["damaged", "storage-damaged", { version: 1, pending: 7 }],
    ["a newer add-on's", "unsupported-version", { version: REQUESTS_VERSION + 1 }],
  ])("a record that is %s is an error and is not overwritten", async (_, code, record) => {
    await local.set({ requests: record });
    await expect(keepPending(request)).rejects.toMatchObject({ code });
    expect((await local.get("requests"))["requests"]).toEqual(record);
  });

  /** One record of each version that was ever released. */
  const released: Readonly<Record<number, object>> = { 1: requestsVersion1 };

  test("there is a record of every version, and every one is read", () => {
    const versions = Array.from({ length: REQUESTS_VERSION }, (_, before) => before + 1);
    expect(Object.keys(released).map(Number)).toEqual(versions);
    for (const version of versions) {
      const now = readRequests(structuredClone(released[version]));
      expect(now.version).toBe(REQUESTS_VERSION);
      expect(readRequests(structuredClone(now))).toEqual(now);
    }
  });

  test("a record of version 1 is read as it is", () => {
    expect(readRequests(structuredClone(requestsVersion1))).toEqual(requestsVersion1);
  });
});
