import { codeOf } from "../../src/extension/platform/errors.js";
import { makeMailbox, parseAddress, parseMailbox, requestAddress } from "../../src/mail/mailbox.js";
import { readRequestMail, writeRequestMail } from "../../src/mail/request-mail.js";
import type { RequestResult } from "../../src/membership/request/answer-result.js";
import { type Answer, openAnswer, writeAnswer } from "../../src/membership/request/answers.js";
import {
  type Command,
  MAX_NOTICE_REQUEST_BYTES,
  newRequestId,
  openRequest,
  type Request,
  readSigned,
  verifyRequest,
  verifySigned,
  writeRequest,
} from "../../src/membership/request/request.js";
import {
  generateKey,
  generateMemberKey,
  type OpeningKey,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { sealLayer } from "../../src/openpgp/seal-layer.js";
import { signBinding } from "../../src/protocol/binding.js";

const team = parseAddress("team@lists.example");
const eve = parseAddress("eve@x.test");
const DAY = 86_400_000;

const outcome = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return "taken";
  } catch (thrown) {
    return codeOf(thrown, "worker-failed");
  }
};

describe.each(["compatible", "rfc9580"] as const)("requests and answers (%s)", (profile) => {
  let server: OpeningKey<"server">;
  let otherServer: OpeningKey<"server">;
  let listKey: OpeningKey<"list">;
  let alice: OpeningKey<"member">;
  let bob: OpeningKey<"member">;
  let introduction: OpeningKey<"introduction">;
  const certificate = (key: OpeningKey<"member" | "introduction" | "list">) =>
    writeSealingKey(sealingHalf(key));
  const request = (command: Command, changes: Partial<Request> = {}): Request => ({
    id: newRequestId(),
    date: new Date(Math.floor(Date.now() / 1000) * 1000),
    list: { address: team, key: listKey.fingerprint },
    command,
    ...changes,
  });
  const sealed = (asked: Request, ...signers: OpeningKey<"member" | "introduction">[]) =>
    writeRequest(asked, { signers, server: sealingHalf(server) });
  const opened = async (bytes: Uint8Array) =>
    openRequest(bytes, server, { address: team, keys: [listKey.fingerprint] });
  const checked = async (bytes: Uint8Array, ...keys: OpeningKey<"member" | "introduction">[]) =>
    verifyRequest(
      await opened(bytes),
      keys.map((key) => key.secret.toPublic()),
      new Date(),
    );

  beforeAll(async () => {
    [server, otherServer, listKey, alice, bob, introduction] = await Promise.all([
      generateKey("server", { address: team, profile }),
      generateKey("server", { address: team, profile }),
      generateKey("list", { address: team, profile }),
      generateMemberKey({ address: "alice@x.test", profile }),
      generateMemberKey({ address: "bob@x.test", profile }),
      // an owner's clock two minutes ahead of ours
      generateKey("introduction", { address: "bob@x.test", profile, date: new Date(Date.now() + 120_000) }),
    ]);
  });

  test("every command comes back as it was asked, through its mail", async () => {
    const fingerprint = bob.fingerprint;
    const commands: Command[] = [
      {
        do: "claim",
        code: newRequestId(),
        name: "Alice",
        address: parseAddress("alice@x.test"),
        certificate: certificate(alice),
        listKey: certificate(listKey),
        shape: "encrypted",
      },
      {
        do: "join",
        name: "Bob 山田",
        certificate: certificate(bob),
        introduction: certificate(introduction),
        shape: "mixed",
      },
      { do: "leave" },
      { do: "remove", address: eve, fingerprint },
      { do: "withdraw", address: eve },
      { do: "roster", after: 7 },
      { do: "renew", certificate: certificate(alice) },
      { do: "set-role", address: eve, fingerprint, role: "read-only" },
      { do: "release", author: fingerprint, messageId: "<1@x.test>" },
      { do: "reject", author: fingerprint, messageId: "<1@x.test>" },
      {
        do: "new-list-key",
        serial: 2,
        replaces: listKey.fingerprint,
        listKey: certificate(listKey),
        graceEnds: new Date("2026-08-01T00:00:00Z"),
      },
      { do: "preferences", shape: "mixed" },
      { do: "pause" },
      { do: "resume" },
      { do: "resume-server", head: { number: 12, hash: "ab".repeat(32) } },
    ];
    for (const command of commands) {
      const asked = request(command);
      const mail = writeRequestMail({
        kind: "request",
        list: team,
        from: parseMailbox("Alice <alice@x.test>"),
        to: makeMailbox(undefined, requestAddress(team)),
        date: new Date(),
        messageId: "<1@x.test>",
        sealed: await sealed(asked, alice),
      });
      const text = new TextDecoder().decode(mail);
      expect(text).toContain("To: team-request@lists.example");
      const part = await readRequestMail(mail);
      const read = await opened(part?.sealed ?? new Uint8Array());
      expect(read.request).toEqual(asked);
      await verifyRequest(read, [alice.secret.toPublic()], new Date());
      // the record's copy verifies as well
      await verifySigned(await readSigned(read.signed), [alice.secret.toPublic()], new Date());
    }
  });

  test("a join needs both signatures, and no other", async () => {
    const join = request({
      do: "join",
      name: "Bob",
      certificate: certificate(bob),
      introduction: certificate(introduction),
      shape: "mixed",
    });
    const both = await sealed(join, introduction, bob);
    expect(await outcome(checked(both, introduction, bob))).toBe("taken");
    expect(await outcome(checked(both, bob, introduction))).toBe("taken");
    expect(await outcome(checked(both, bob))).toBe("several-signatures");
    expect(await outcome(checked(both, introduction, alice))).toBe("not-signed");
    expect(await outcome(checked(await sealed(join, bob), introduction, bob))).toBe("several-signatures");
    expect(await outcome(checked(await sealed(join, bob, bob), introduction, bob))).toBe("not-signed");
  });

  test("what anybody else signed, or nobody, is refused", async () => {
    const leave = request({ do: "leave" });
    expect(await outcome(checked(await sealed(leave, alice), alice))).toBe("taken");
    expect(await outcome(checked(await sealed(leave, bob), alice))).toBe("unknown-author");
    expect(await outcome(checked(await sealed(leave), alice))).toBe("not-signed");
    const read = await opened(await sealed(leave, alice));
    const altered = new TextDecoder().decode(read.signed.bytes).replace("leave", "pause");
    const moved = await readSigned({ ...read.signed, bytes: new TextEncoder().encode(altered) });
    expect(await outcome(verifySigned(moved, [alice.secret.toPublic()], new Date()))).toBe("bad-signature");
  });

  test("a signature of another kind is no command", async () => {
    const read = await opened(await sealed(request({ do: "leave" }), alice));
    for (const [kind, extra] of [
      ["post", { list: "x", msgid: "<1@x>" }],
      ["answer", {}],
      ["owners", {}],
    ] as const) {
      const signature = await signBinding(read.signed.bytes, alice, { kind, ...extra }, [], new Date());
      const bytes = await sealLayer(read.signed.bytes, signature, [sealingHalf(server)], profile, new Date());
      expect(await outcome(checked(bytes, alice))).toBe("wrong-kind");
    }
  });

  test("a request for another list, list key or server is refused", async () => {
    const other = await sealed(
      request({ do: "leave" }, { list: { address: eve, key: listKey.fingerprint } }),
      alice,
    );
    const otherKey = await sealed(
      request({ do: "leave" }, { list: { address: team, key: bob.fingerprint } }),
      alice,
    );
    expect(await outcome(opened(other))).toBe("wrong-list");
    expect(await outcome(opened(otherKey))).toBe("wrong-list");
    const good = await sealed(request({ do: "leave" }), alice);
    expect(
      await outcome(openRequest(good, otherServer, { address: team, keys: [listKey.fingerprint] })),
    ).toBe("wrong-list");
  });

  test("old and future requests, later versions and unknown commands are refused", async () => {
    const at = (days: number) => request({ do: "leave" }, { date: new Date(Date.now() + days * DAY) });
    const old = await generateMemberKey({
      address: "a@x.test",
      profile,
      date: new Date(Date.now() - 99 * DAY),
    });
    const oldServer = await generateKey("server", {
      address: team,
      profile,
      date: new Date(Date.now() - 99 * DAY),
    });
    const late = await writeRequest(at(-8), { signers: [old], server: sealingHalf(oldServer) });
    const readLate = await openRequest(late, oldServer, { address: team, keys: [listKey.fingerprint] });
    const oldKeys = [old.secret.toPublic()];
    expect(await outcome(verifyRequest(readLate, oldKeys, new Date()))).toBe("too-old");
    expect(await outcome(verifySigned(readLate, oldKeys, new Date()))).toBe("taken");
    expect(await outcome(checked(await sealed(at(1), alice), alice))).toBe("from-the-future");
    const bent = async (from: string, to: string) => {
      const read = await opened(await sealed(request({ do: "leave" }), alice));
      const bytes = new TextEncoder().encode(new TextDecoder().decode(read.signed.bytes).replace(from, to));
      const signature = await signBinding(bytes, alice, { kind: "request" }, [], new Date());
      return sealLayer(bytes, signature, [sealingHalf(server)], profile, new Date());
    };
    expect(await outcome(opened(await bent('"leave"', '"dance"')))).toBe("unsupported-version");
    expect(await outcome(opened(await bent('"listseal": 1', '"listseal": 2')))).toBe("unsupported-version");
    expect(await outcome(opened(await bent('"kind": "request"', '"kind": "answer"')))).toBe("wrong-kind");
    expect(await outcome(opened(await bent('"id"', '"no"')))).toBe("damaged");
    expect(await outcome(opened(await bent('"leave"', '"remove"')))).toBe("damaged");
    expect(await outcome(opened(await bent("}", "")))).toBe("damaged");
    expect(await outcome(opened(new Uint8Array(MAX_NOTICE_REQUEST_BYTES + 1)))).toBe("too-large");
    expect(await outcome(opened(new Uint8Array(100)))).toBe("damaged");
  });

  test("an answer comes back as it was given, to its asker, from its server, for its request", async () => {
    const head = { number: 3, hash: "0a".repeat(32) };
    const since = new Date("2026-08-01T00:00:00Z");
    const results: RequestResult[] = [
      { kind: "done", head },
      { kind: "refused", code: "not-allowed" },
      { kind: "member", head, role: "member", delivery: "paused", since },
      {
        kind: "roster",
        head,
        members: [
          {
            address: eve,
            name: "Eve",
            fingerprint: bob.fingerprint,
            role: "post-only",
            since,
            delivery: "on",
            shape: "mixed",
            keyExpires: since,
            bounces: 2,
          },
        ],
        entries: [{ number: 1, previous: "0".repeat(64), entry: '{"do":"create"}', hash: "1".repeat(64) }],
      },
    ];
    const id = newRequestId();
    const expected = { list: { address: team }, server: sealingHalf(server), requests: [id] };
    const answerOf = (result: RequestResult): Answer => ({
      request: id,
      date: since,
      list: { address: team, key: listKey.fingerprint },
      result,
      server: sealingHalf(server),
    });
    for (const result of results) {
      const bytes = await writeAnswer({ ...answerOf(result), date: new Date() }, server, sealingHalf(alice));
      const read = await openAnswer(bytes, alice, expected);
      expect(read === "not-for-me" ? read : read.result).toEqual(result);
    }
    const bytes = await writeAnswer(
      { ...answerOf({ kind: "done", head }), date: new Date() },
      server,
      sealingHalf(alice),
    );
    expect(await openAnswer(bytes, bob, expected)).toBe("not-for-me");
    const refusal = (changes: object) => outcome(openAnswer(bytes, alice, { ...expected, ...changes }));
    expect(await refusal({ requests: [newRequestId()] })).toBe("binding-mismatch");
    expect(await refusal({ list: { address: eve } })).toBe("wrong-list");
    expect(await refusal({ server: sealingHalf(otherServer) })).toBe("unknown-author");
  });
});

test("a mail with two requests is nobody's", async () => {
  const mail = (parts: number) =>
    new TextEncoder().encode(
      [
        "From: a@x.test",
        "Subject: x",
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        ...Array.from(
          { length: parts },
          () => "--b\r\nContent-Type: application/vnd.listseal.request\r\n\r\nx",
        ),
        "--b--",
        "",
      ].join("\r\n"),
    );
  expect(await outcome(readRequestMail(mail(2)))).toBe("damaged");
  expect(await outcome(readRequestMail(mail(1)))).toBe("taken");
  expect(await readRequestMail(mail(0))).toBeUndefined();
});
