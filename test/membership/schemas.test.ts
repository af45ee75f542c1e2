/**
 * The published JSON Schemas: what their program writes, what the product's own objects are, and no stricter than the code:
 * whatever field is bent, what a schema refuses the code refuses too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { writeBackup } from "../../src/membership/file/backup.js";
import { CheckError } from "../../src/membership/file/check.js";
import { makeCode } from "../../src/membership/file/code.js";
import { openFile } from "../../src/membership/file/sealed-file.js";
import { writeInvitation } from "../../src/membership/invitation/invitation.js";
import { makeClaimCode, writeCard } from "../../src/membership/invitation/server-card.js";
import {
  type News,
  type Notice,
  writeNotice,
  writeReceipt,
} from "../../src/membership/notice/owner-notice.js";
import { type RequestResult, readResult } from "../../src/membership/request/answer-result.js";
import { writeAnswer } from "../../src/membership/request/answers.js";
import { commandNames } from "../../src/membership/request/command-names.js";
import {
  type Command,
  newRequestId,
  openRequest,
  readSigned,
  writeRequest,
} from "../../src/membership/request/request.js";
import { recordedCommands, signedChange } from "../../src/membership/roster/log.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import { generateKey, type OpeningKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { listKeyKinds } from "../../src/openpgp/list-keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { readSignedMessage } from "../../src/openpgp/signed-message.js";
import { bobAddress, makeInvitation, person, team } from "./chain.js";
import { pairIn } from "./list-pair.js";
import { declarationOf, type SchemaName, schemaFile, schemas, schemaText } from "./schemas.js";

type Json = Readonly<Record<string, unknown>>;

const ajv = new Ajv2020({ validateFormats: false, strict: false });
const validators = new Map([...schemas].map(([name, schema]) => [name, ajv.compile(schema)]));
const fits = (name: string, value: unknown): boolean => validators.get(name)?.(value) === true;

/** Real objects of each kind, as JSON that the product wrote. */
const samples: [name: SchemaName, what: string, value: Json][] = [];

const parsed = (bytes: Uint8Array | string): Json =>
  JSON.parse(typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes));
const bytesOf = (key: OpeningKey<"member" | "introduction" | "list">) => writeSealingKey(sealingHalf(key));

beforeAll(async () => {
  const { owner, invitation } = await makeInvitation("compatible");
  const bob = await person(bobAddress);
  const { introduction } = invitation;
  const listKey = pairIn(invitation.listKey);
  const serverKey = await generateKey("server", { address: team, profile: "compatible" });
  const date = new Date(Math.floor(Date.now() / 1000) * 1000);
  const head = { number: 7, hash: "0".repeat(64) };
  const { fingerprint } = bob;
  const list = { address: team, key: listKey.fingerprint };
  const add = (name: SchemaName, what: string, value: Json) => samples.push([name, what, value]);

  const card = {
    ...invitation,
    code: makeClaimCode(),
    expires: new Date(Date.now() + 60_000),
    listKeys: listKeyKinds,
  };
  add("card", "", parsed((await readSignedMessage(await writeCard(card, serverKey))).bytes));
  const code = makeCode();
  const file = await writeInvitation(invitation, owner, code);
  add("invitation", "", parsed((await openFile(file, code)).bytes));
  const passphrase = "a passphrase of mine";
  const backup = await writeBackup({ made: date, sections: { lists: [] } }, passphrase);
  add("backup", "", parsed((await openFile(backup, passphrase)).bytes));

  const newcomer = { name: "Bob", certificate: bytesOf(bob), shape: "mixed" } as const;
  const news = { news: "owners", serial: 3 } as const;
  const named = { address: bobAddress, fingerprint };
  const post = { author: fingerprint, messageId: "<1@x.test>" };
  const commands: Command[] = [
    { do: "claim", code: newRequestId(), ...newcomer, address: bobAddress, listKey: bytesOf(listKey) },
    { do: "join", ...newcomer, introduction: bytesOf(introduction) },
    { do: "enrol", ...newcomer, address: bobAddress },
    { do: "confirm", members: [{ ...named, role: "moderator" }] },
    { do: "leave" },
    { do: "remove", ...named },
    { do: "withdraw", address: bobAddress },
    { do: "roster", after: 0 },
    { do: "list-key" },
    { do: "roster", after: 3, from: bobAddress },
    { do: "renew", certificate: bytesOf(bob) },
    { do: "revoke", certificate: bytesOf(bob) },
    { do: "set-role", ...named, role: "read-only" },
    { do: "held" },
    { do: "release", ...post },
    { do: "reject", ...post },
    { do: "preferences", shape: "encrypted" },
    { do: "pause" },
    { do: "resume" },
    { do: "new-list-key", serial: 2, replaces: fingerprint, listKey: bytesOf(listKey), graceEnds: date },
    { do: "new-server-key", fingerprint, replaces: fingerprint },
    { do: "resume-server", head },
    { do: "notice", ...news, copies: [{ to: fingerprint, sealed: new Uint8Array(5) }] },
    {
      do: "new-list-key",
      serial: 2,
      replaces: fingerprint,
      listKey: bytesOf(listKey),
      graceEnds: date,
      notice: { digest: "0".repeat(64), head },
    },
    {
      do: "shared-notice",
      ...news,
      body: new Uint8Array(6),
      packets: [{ to: fingerprint, packet: new Uint8Array(4) }],
    },
    {
      do: "list-key-notice",
      serial: 2,
      body: new Uint8Array(6),
      packets: [{ to: fingerprint, packet: new Uint8Array(5) }],
    },
    { do: "receipt", ...news, receipt: new Uint8Array(4) },
    { do: "receipts", ...news },
    { do: "delivery", messageId: "<1@x.test>" },
    { do: "show-members", members: "shown" },
  ];
  for (const command of commands) {
    const request = { id: newRequestId(), date, list, command };
    const sealed = await writeRequest(request, { signers: [bob], server: sealingHalf(serverKey) });
    const opened = await openRequest(sealed, serverKey, { address: team, keys: [listKey.fingerprint] });
    add("request", command.do, parsed(opened.signed.bytes));
    if (recordedCommands.some((name) => name === command.do))
      add("signed-entry", command.do, { ...signedChange(opened, fingerprint, date) });
  }

  const member = { ...named, name: "Bob", role: "member", since: date, shape: "mixed", bounces: 0 } as const;
  const numbers = { readers: 25, waiting: 1, failed: 2 } as const;
  const late = { address: bobAddress, name: "Bob", state: "waiting" } as const;
  const results: RequestResult[] = [
    { kind: "done", head },
    { kind: "refused", code: "not-allowed" },
    { kind: "server-key", head },
    { kind: "server-key-offer", head, certificate: "-----BEGIN PGP PUBLIC KEY BLOCK-----" },
    { kind: "old-list-key", head, messageId: "<1@x.test>" },
    { kind: "old-list-key", head, messageId: "<1@x.test>", sentAs: "<2@x.test>" },
    { kind: "member", head, role: "owner", delivery: "on", since: date },
    {
      ...{ kind: "member", head, role: "member", delivery: "on", since: date },
      ...{
        members: [{ address: bobAddress, name: "Bob", role: "member" }],
        from: bobAddress,
        next: bobAddress,
      },
    },
    { kind: "delivery", head, messageId: "<1@x.test>", ...numbers },
    { kind: "delivery", head, messageId: "<1@x.test>", ...numbers, missing: [late] },
    {
      kind: "report",
      head,
      event: "joined",
      signed: { bytes: new Uint8Array(3), signatures: new Uint8Array(3) },
    },
    { kind: "held", head, posts: [{ ...post, address: bobAddress, date, size: 5 }] },
    { kind: "receipts", head, passed: [{ member: fingerprint, passed: date, receipt: new Uint8Array(3) }] },
    {
      kind: "roster",
      head,
      members: [
        { ...member, delivery: "on" },
        {
          ...member,
          delivery: "paused",
          paused: { by: "bounces", since: date },
          keyUnusable: date,
          keyExpires: date,
        },
      ],
      from: bobAddress,
      next: bobAddress,
      entries: [{ number: 1, previous: head.hash, entry: "{}", hash: head.hash }],
      status: {
        policy: "open",
        held: 1,
        replaced: [{ fingerprint, graceEnds: date }],
        waitsForOwner: date,
      },
    },
  ];
  for (const result of results) {
    const answer = { request: newRequestId(), date, list, result, server: sealingHalf(serverKey) };
    const layer = await openLayer(await writeAnswer(answer, serverKey, sealingHalf(bob)), bob);
    if (layer === "not-for-me") throw new Error("not for Bob");
    add("answer", result.kind, parsed(layer.literal));
  }

  const term = { certificate: sealingHalf(owner), address: parseAddress("olga@x.test"), from: 0 };
  const told: News[] = [
    { kind: "owners", owners: [term, { ...term, to: 2 }] },
    { kind: "new-list-key", listKey, graceEnds: date },
    { kind: "new-server-key", server: sealingHalf(serverKey), replaces: fingerprint },
  ];
  for (const each of told) {
    const notice: Notice = { serial: 2, date, list, news: each };
    const layer = await openLayer(await writeNotice(notice, owner, sealingHalf(bob)), bob);
    if (layer === "not-for-me") throw new Error("not for Bob");
    add("notice", each.kind, parsed(layer.literal));
  }
  const [first] = told;
  if (first === undefined) throw new Error("no news");
  const receipt = await writeReceipt({ serial: 2, date, list, news: first }, bob, sealingHalf(owner));
  const layer = await openLayer(receipt, owner);
  if (layer === "not-for-me") throw new Error("not for Olga");
  add("receipt", "", parsed(layer.literal));

  const by = { by: "operator", at: date.toISOString() };
  for (const entry of [
    { do: "create", list: team, ...by },
    { do: "list-key", fingerprint, ...by },
    { do: "policy", policy: "open", ...by },
    { do: "add", ...named, certificate: "AAAA", ...by },
    { do: "remove", ...named, ...by, by: "link" },
    { do: "role", address: bobAddress, role: "moderator", ...by },
  ])
    add("unsigned-entry", entry.do, entry);
});

test("the files are what the program writes, and no others", () => {
  const files = readdirSync(new URL(".", schemaFile("card"))).sort();
  expect(files).toEqual([...schemas.keys()].map((name) => `${name}.json`).sort());
  for (const [name, schema] of schemas)
    expect(readFileSync(schemaFile(name), "utf8")).toBe(schemaText(schema));
});

test("what the product writes fits its schema, and unknown fields change nothing", () => {
  expect(new Set(samples.map(([name]) => name))).toEqual(new Set(schemas.keys()));
  expect(new Set(samples.filter(([name]) => name === "request").map(([, what]) => what))).toEqual(
    new Set(commandNames),
  );
  for (const [name, what, value] of samples) {
    expect([name, what, fits(name, value)]).toEqual([name, what, true]);
    expect([name, what, fits(name, { ...value, later: [1] })]).toEqual([name, what, true]);
    const read = declarationOf(name);
    expect(read({ ...value, later: [1] })).toEqual(read(value));
  }
});

/** Values that belong nowhere, or only somewhere. */
const wrong: readonly unknown[] = [
  ...[null, true, 0, 2, -1, 1.5, 2 ** 53, "", " ", "x", "x".repeat(300), "a\nb", "a\u202eb", "\ud800"],
  ...["A@x.test", "a@x", "a@x.test.", "2026-08-01", "2026-02-30T00:00:00Z", "2026-08-01T00:00:00.000Z"],
  ...["+012026-08-01T00:00:00Z", "2026-08-01T24:00:00Z", "AAA", "AAB=", "AA\nAA", "A".repeat(200_000)],
  ...["0".repeat(32), "A".repeat(40), "g".repeat(64), "0".repeat(65), "-----BEGIN PGP X", "owner", "open"],
  ...[[], [null], {}, { number: 1 }, Array.from({ length: 1001 }, () => ({}))],
];

/** `value` with one field, at any depth, taken away or put to something else. */
function* bent(value: unknown): Generator<unknown> {
  yield* wrong;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const [index, item] of items.entries())
      for (const other of bent(item)) yield items.map((each, at) => (at === index ? other : each));
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  for (const [name, field] of entries) {
    yield Object.fromEntries(entries.filter(([each]) => each !== name));
    for (const other of bent(field))
      yield Object.fromEntries(entries.map(([each, old]) => [each, each === name ? other : old]));
  }
}

test("what a schema refuses, the code refuses too: each field gone, and each put to whatever it may not be", () => {
  let refused = 0;
  const taken: unknown[] = [];
  for (const [name, what, value] of samples) {
    const read = declarationOf(name);
    for (const each of bent(value)) {
      if (fits(name, each)) continue;
      refused++;
      try {
        read(each);
        taken.push([name, what, each]);
      } catch (thrown) {
        if (!(thrown instanceof CheckError)) throw thrown;
      }
    }
  }
  expect(taken).toEqual([]);
  expect(refused).toBeGreaterThan(10_000);
});

test("the readers themselves refuse it, as damaged or of a later version", async () => {
  const outcome = async (act: () => unknown) => {
    try {
      await act();
      return "taken";
    } catch (thrown) {
      if (!(thrown instanceof ListSealError)) throw thrown;
      return thrown.code;
    }
  };
  const codes = new Set<string>();
  for (const [name, what, value] of samples) {
    if (name === "request" && ["join", "new-list-key", "notice"].includes(what))
      for (const each of bent(value)) {
        if (fits(name, each)) continue;
        const bytes = new TextEncoder().encode(JSON.stringify(each));
        codes.add(await outcome(() => readSigned({ bytes, signatures: new Uint8Array() })));
      }
    const { result } = value;
    if (name === "answer")
      for (const each of bent(result))
        if (!fits(name, { ...value, result: each })) codes.add(await outcome(() => readResult(each)));
  }
  expect([...codes].sort()).toEqual(["damaged", "too-large", "unsupported-version", "wrong-kind"]);
});
