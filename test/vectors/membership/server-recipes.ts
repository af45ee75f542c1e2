/** What a list's server refuses a request for that is proved: one request after the other, with its clock. */
import { certifyMember, makeIntroduction } from "../../../src/membership/introduction/introduction.js";
import { armorCertificate } from "../../../src/openpgp/armor.js";
import { type OpeningKey, type Role, sealingHalf } from "../../../src/openpgp/keys.js";
import {
  addresses,
  DAY,
  INVITED,
  JOIN_BY,
  later,
  type MembershipCast,
  NOW,
  proofList,
  team,
} from "./cast.js";
import { type Json, sealedTo, toBase64 } from "./forge.js";
import { type Recipe, recipe, type ServerStep } from "./format.js";
import { renamed, revokedCertificate } from "./list-words.js";
import { certificateOf, ID } from "./sealing.js";

type Signer = OpeningKey<Role>;

/** What somebody asks, and what comes of it. */
interface Ask {
  readonly command: Json;
  readonly by: readonly Signer[];
  readonly expect?: string;
  readonly at?: Date;
  /** Put over the honest fields. */
  readonly json?: Json;
}

/** One after the other: what is made at once takes its randomness in any order. */
type Asks = (cast: MembershipCast) => readonly (Ask | (() => Promise<Ask>))[];

const resolved = (asked: Ask | (() => Promise<Ask>)): Ask | Promise<Ask> =>
  typeof asked === "function" ? asked() : asked;

const claim = (cast: MembershipCast, more: Json = {}, key = cast.list): Ask => ({
  command: {
    do: "claim",
    code: ID,
    name: "Olga",
    address: addresses.olga,
    certificate: certificateOf(cast.olga),
    listKey: certificateOf(key),
    shape: "encrypted",
    ...more,
  },
  by: [cast.olga],
  json: { list: { address: team, key: key.fingerprint } },
});
const join = (cast: MembershipCast, more: Json = {}): Ask => ({
  command: {
    do: "join",
    name: "Bob",
    certificate: certificateOf(cast.joinedBob),
    introduction: certificateOf(cast.introduction),
    shape: "encrypted",
    ...more,
  },
  by: [cast.introduction, cast.joinedBob],
});
const enrol = (cast: MembershipCast, who: "oscar" | "eve" | "bob", by: Signer = cast.olga): Ask => ({
  command: {
    do: "enrol",
    name: who,
    address: addresses[who],
    certificate: certificateOf(cast[who]),
    shape: "mixed",
  },
  by: [by],
});
const named = (cast: MembershipCast, who: "olga" | "oscar" | "eve" | "bob") => ({
  address: addresses[who],
  fingerprint: cast[who].fingerprint,
});
const remove = (cast: MembershipCast, who: "olga" | "eve" | "bob", by: Signer = cast.olga): Ask => ({
  command: { do: "remove", ...named(cast, who) },
  by: [by],
});
const newListKey = (cast: MembershipCast, more: Json = {}, key: Signer = cast.newList): Ask => ({
  command: {
    do: "new-list-key",
    serial: 1,
    replaces: cast.list.fingerprint,
    listKey: certificateOf(key),
    graceEnds: "2025-06-15T00:00:00Z",
    ...more,
  },
  by: [cast.olga],
});
const ask = (by: Signer, name: string, more: Json = {}): Ask => ({
  command: { do: name, ...more },
  by: [by],
});
const notice = (cast: MembershipCast, to: Signer, serial = 1): Ask =>
  ask(cast.olga, "notice", { news: "owners", serial, copies: [{ to: to.fingerprint, sealed: "AAAA" }] });
/** One SEIPD packet and one PKESK packet, of one octet each: nobody looks into them. */
const [dataPacket, keyPacket] = ["0gEB", "wQED"];
const withPackets =
  (what: "shared-notice" | "list-key-notice", fields: Json) =>
  (cast: MembershipCast, to: Signer, more: Json = {}): Ask =>
    ask(cast.olga, what, {
      ...fields,
      serial: 1,
      body: dataPacket,
      packets: [{ to: to.fingerprint, packet: keyPacket }],
      ...more,
    });
const sealedOnce = withPackets("shared-notice", { news: "owners" });
const sharedNotice = withPackets("list-key-notice", {});
const expecting = (asked: Ask, code: string): Ask => ({ ...asked, expect: code });

/** Steps on a list that was just made. Each has an id of its own, and the clock goes on by a second. */
const steps = (asks: Asks) => async (cast: MembershipCast) => {
  const made: ServerStep[] = [];
  for (const [index, each] of asks(cast).entries()) {
    const { command, by, expect = "answered done", at = later(index * 1_000), json } = await resolved(each);
    const content = {
      listseal: 1,
      kind: "request",
      id: (index + 1).toString(16).padStart(32, "0"),
      date: at.toISOString().replace(/\.\d{3}Z$/, "Z"),
      list: { address: team, key: cast.list.fingerprint },
      ...command,
      ...json,
    };
    const sealed = await sealedTo(content, {
      to: sealingHalf(cast.server),
      by,
      says: { kind: "request" },
      date: at,
    });
    made.push({ at: at.toISOString(), sealed: toBase64(sealed), from: addresses.olga, expect });
  }
  return { given: {}, steps: made };
};

/** Of a list's secret. */
const SECRET_ID = "ab".repeat(16);

/** The list is claimed, then this; the last one is refused with `code`, or what it says. */
const claimed = (name: string, expect: string, comment: string, asks: Asks): Recipe<MembershipCast> => ({
  name,
  expect,
  comment,
  make: steps((cast) => {
    const all = [claim(cast), ...asks(cast)];
    return all.map((each, index) =>
      index === all.length - 1 ? async () => expecting(await resolved(each), expect) : each,
    );
  }),
});

/** A notice that was sealed once: what both commands that bring one take, and don't. */
const packetCases = (
  name: string,
  made: ReturnType<typeof withPackets>,
): readonly Recipe<MembershipCast>[] => [
  claimed(name, "answered done", "A packet for Bob.", (cast) => [join(cast), made(cast, cast.bob)]),
  claimed(`${name}-for-nobody`, "answered not-a-member", "A packet for Eve alone.", (cast) => [
    made(cast, cast.eve),
  ]),
  claimed(`${name}-no-body`, "answered damaged", "The body is a PKESK.", (cast) => [
    join(cast),
    made(cast, cast.bob, { body: keyPacket }),
  ]),
  claimed(`${name}-no-packet`, "answered damaged", "A packet is a SEIPD.", (cast) => [
    join(cast),
    made(cast, cast.bob, { packets: [{ to: cast.bob.fingerprint, packet: dataPacket }] }),
  ]),
];

export const serverRecipes: readonly Recipe<MembershipCast>[] = [
  { ...claimed("joins", "answered done", "Claimed, joined.", (cast) => [join(cast)]), both: true },
  claimed("claim-again", "answered done", "Olga's claim once more, whose answer was lost.", (cast) => [
    claim(cast),
  ]),
  claimed("claim-by-another", "answered already-claimed", "Eve has the code as well.", (cast) => [
    { ...claim(cast, { certificate: certificateOf(cast.eve), address: addresses.eve }), by: [cast.eve] },
  ]),
  recipe(
    "claim-wrong-code",
    "unproved unknown-author",
    "Another code than the card's.",
    steps((cast) => [expecting(claim(cast, { code: "f".repeat(32) }), "unproved unknown-author")]),
  ),
  recipe(
    "claim-late",
    "answered card-expired",
    "The card is over.",
    steps((cast) => [{ ...claim(cast), at: later(7 * DAY), expect: "answered card-expired" }]),
  ),
  recipe(
    "claim-dated-back",
    "answered too-old",
    "Dated eight days ago.",
    steps((cast) => [
      expecting(
        { ...claim(cast), json: { ...claim(cast).json, date: "2025-05-24T00:00:00Z" } },
        "answered too-old",
      ),
    ]),
  ),
  recipe(
    "claim-other-list-key",
    "answered wrong-list",
    "list.key is another than the key that comes with it.",
    steps((cast) => [
      expecting(
        { ...claim(cast), json: { list: { address: team, key: cast.newList.fingerprint } } },
        "answered wrong-list",
      ),
    ]),
  ),
  recipe(
    "claim-server-key",
    "answered wrong-role",
    "The server key under a list key's name.",
    async (cast) => {
      const listKey = certificateOf(await renamed(cast.server, "list"));
      const json = { list: { address: team, key: cast.server.fingerprint } };
      return steps(() => [expecting({ ...claim(cast, { listKey }), json }, "answered wrong-role")])(cast);
    },
  ),
  recipe(
    "claim-secret",
    "answered done",
    "A list with a secret, of which the server is told the id.",
    steps((cast) => [
      expecting(
        { ...claim(cast, { listKey: SECRET_ID }), json: { list: { address: team, key: SECRET_ID } } },
        "answered done",
      ),
    ]),
  ),
  recipe(
    "claim-other-secret",
    "answered wrong-list",
    "list.key is another secret than the one that comes with it.",
    steps((cast) => [
      expecting(
        { ...claim(cast, { listKey: SECRET_ID }), json: { list: { address: team, key: "cd".repeat(16) } } },
        "answered wrong-list",
      ),
    ]),
  ),
  claimed("join-by-used", "answered introduction-used", "Eve's key by Bob's introduction.", (cast) => [
    join(cast),
    async () => {
      const eve = await certifyMember(cast.introduction, cast.eve, proofList(cast), NOW);
      return { ...join(cast, { certificate: certificateOf(eve) }), by: [cast.introduction, eve] };
    },
  ]),
  claimed("join-again", "answered done", "Bob's join once more, under another id.", (cast) => [
    join(cast),
    join(cast),
  ]),
  claimed("join-withdrawn", "answered withdrawn", "Olga withdrew it.", (cast) => [
    ask(cast.olga, "withdraw", { address: addresses.bob }),
    join(cast),
  ]),
  claimed("join-late", "answered invitation-expired", "After join-by.", (cast) => [
    { ...join(cast), at: new Date(JOIN_BY.getTime() + 1_000) },
  ]),
  claimed(
    "join-by-nonowner",
    "unproved not-signed",
    "Oscar, no owner here, made the introduction.",
    (cast) => [
      async () => {
        const terms = { list: team, listKey: cast.list.fingerprint, address: addresses.bob, joinBy: JOIN_BY };
        const introduction = await makeIntroduction(cast.oscar, terms, cast.profile, INVITED);
        const bob = await certifyMember(introduction, cast.bob, proofList(cast), NOW);
        const command = { certificate: certificateOf(bob), introduction: certificateOf(introduction) };
        return { ...join(cast, command), by: [introduction, bob] };
      },
    ],
  ),
  claimed(
    "join-second-address",
    "answered already-a-member",
    "Bob's address is enrolled with another key.",
    (cast) => [
      {
        ...enrol(cast, "bob"),
        command: { ...enrol(cast, "bob").command, certificate: certificateOf(cast.eve) },
      },
      join(cast),
    ],
  ),
  claimed("by-nobody", "unproved unknown-author", "Eve is on no roster.", (cast) => [ask(cast.eve, "leave")]),
  claimed("by-member", "answered not-allowed", "Bob removes Olga.", (cast) => [
    join(cast),
    remove(cast, "olga", cast.joinedBob),
  ]),
  claimed("held-by-member", "answered not-allowed", "Bob is no moderator.", (cast) => [
    join(cast),
    ask(cast.joinedBob, "held"),
  ]),
  claimed("held", "answered held", "Olga asks which posts wait.", (cast) => [ask(cast.olga, "held")]),
  claimed("roster", "answered roster", "Olga asks for the roster.", (cast) => [
    ask(cast.olga, "roster", { after: 0 }),
  ]),
  claimed("roster-of-member", "answered member", "Bob asks for the roster.", (cast) => [
    join(cast),
    ask(cast.joinedBob, "roster", { after: 0 }),
  ]),
  claimed("show-members", "answered done", "Olga shows members to each other.", (cast) => [
    ask(cast.olga, "show-members", { members: "shown" }),
  ]),
  claimed("show-members-by-member", "answered not-allowed", "Bob shows members to each other.", (cast) => [
    join(cast),
    ask(cast.joinedBob, "show-members", { members: "shown" }),
  ]),
  claimed("after-removal", "unproved unknown-author", "Bob was removed.", (cast) => [
    join(cast),
    remove(cast, "bob"),
    ask(cast.joinedBob, "leave"),
  ]),
  claimed("remove-nobody", "answered not-a-member", "Eve is not there.", (cast) => [remove(cast, "eve")]),
  claimed("last-owner-leaves", "answered last-owner", "Olga is the only one.", (cast) => [
    ask(cast.olga, "leave"),
  ]),
  claimed("last-owner-demoted", "answered last-owner", "Olga makes herself a member.", (cast) => [
    ask(cast.olga, "set-role", { ...named(cast, "olga"), role: "member" }),
  ]),
  claimed("second-owner", "answered done", "Oscar is made an owner, and Olga leaves.", (cast) => [
    enrol(cast, "oscar"),
    ask(cast.olga, "set-role", { ...named(cast, "oscar"), role: "owner" }),
    ask(cast.olga, "leave"),
  ]),
  claimed("enrol-list-address", "answered bad-address", "The list's own address.", (cast) => [
    { ...enrol(cast, "eve"), command: { ...enrol(cast, "eve").command, address: team } },
  ]),
  claimed("renew-another-key", "answered not-allowed", "Olga renews with Eve's key.", (cast) => [
    ask(cast.olga, "renew", { certificate: certificateOf(cast.eve) }),
  ]),
  claimed("revoke-another-key", "answered not-allowed", "Olga revokes Eve's key.", (cast) => [
    async () => {
      const certificate = armorCertificate(await revokedCertificate(cast.eve, NOW));
      return ask(cast.olga, "revoke", { certificate });
    },
  ]),
  claimed("after-revocation", "unproved key-revoked", "A revoked key asks for something.", (cast) => [
    join(cast),
    async () => {
      const certificate = armorCertificate(await revokedCertificate(cast.joinedBob, later(2_000)));
      return ask(cast.joinedBob, "revoke", { certificate });
    },
    ask(cast.joinedBob, "leave"),
  ]),
  claimed("new-list-key", "answered done", "Another list key.", (cast) => [newListKey(cast)]),
  claimed("new-list-key-again", "answered list-conflict", "Back to the first list key.", (cast) => [
    newListKey(cast),
    newListKey(cast, { serial: 2, replaces: cast.newList.fingerprint }, cast.list),
  ]),
  claimed("new-list-key-old-serial", "answered old-serial", "The serial of the one before.", (cast) => [
    newListKey(cast, { serial: 1 }),
    newListKey(cast, { serial: 1, replaces: cast.newList.fingerprint }, cast.list),
  ]),
  claimed(
    "new-list-key-replaces-another",
    "answered old-serial",
    "It replaces a key that is not today's.",
    (cast) => [newListKey(cast, { replaces: cast.eve.fingerprint })],
  ),
  claimed("new-server-key-not-offered", "answered old-serial", "Nobody offered it.", (cast) => [
    ask(cast.olga, "new-server-key", {
      fingerprint: cast.newServer.fingerprint,
      replaces: cast.server.fingerprint,
    }),
  ]),
  claimed("no-such-post", "answered no-such-post", "Nothing waits.", (cast) => [
    ask(cast.olga, "release", { author: cast.bob.fingerprint, messageId: "<1@example.test>" }),
  ]),
  claimed("delivery-of-nothing", "answered unknown-post", "Bob never wrote that.", (cast) => [
    join(cast),
    ask(cast.joinedBob, "delivery", { messageId: "<1@example.test>" }),
  ]),
  claimed("notice", "answered done", "A copy for Bob.", (cast) => [join(cast), notice(cast, cast.bob)]),
  claimed("notice-for-nobody", "answered not-a-member", "A copy for Eve alone.", (cast) => [
    notice(cast, cast.eve),
  ]),
  claimed("notice-old-serial", "answered old-serial", "Lower than one that was passed on.", (cast) => [
    join(cast),
    notice(cast, cast.bob, 2),
    notice(cast, cast.bob, 1),
  ]),
  ...packetCases("shared-notice", sealedOnce),
  claimed("shared-notice-old-serial", "answered old-serial", "Lower than one that was passed on.", (cast) => [
    join(cast),
    notice(cast, cast.bob, 2),
    sealedOnce(cast, cast.bob),
  ]),
  ...packetCases("list-key-notice", sharedNotice),
  claimed("list-key-notice-old-serial", "answered old-serial", "The list has had that serial.", (cast) => [
    join(cast),
    newListKey(cast),
    sharedNotice(cast, cast.bob),
  ]),
  claimed(
    "new-list-key-behind",
    "answered roster-behind",
    "Its notice is for the members of an entry that is not the newest.",
    (cast) => [
      join(cast),
      sharedNotice(cast, cast.bob),
      newListKey(cast, { notice: { digest: "0".repeat(64), head: { number: 1, hash: "0".repeat(64) } } }),
    ],
  ),
  claimed("receipt", "answered done", "Bob's receipt.", (cast) => [
    join(cast),
    notice(cast, cast.bob),
    ask(cast.joinedBob, "receipt", { news: "owners", serial: 1, receipt: "AAAA" }),
  ]),
  claimed("receipt-for-nothing", "answered no-such-notice", "Bob was passed no notice.", (cast) => [
    join(cast),
    ask(cast.joinedBob, "receipt", { news: "owners", serial: 1, receipt: "AAAA" }),
  ]),
  claimed("receipts-of-nothing", "answered no-such-notice", "No notice was passed on.", (cast) => [
    ask(cast.olga, "receipts", { news: "owners", serial: 1 }),
  ]),
  claimed("paused", "answered done", "Bob pauses and resumes.", (cast) => [
    join(cast),
    ask(cast.joinedBob, "pause"),
    ask(cast.joinedBob, "resume"),
  ]),
  claimed("repeat", "repeat", "The same id within the hour.", (cast) => [
    ask(cast.olga, "withdraw", { address: addresses.eve }),
    { ...ask(cast.olga, "withdraw", { address: addresses.eve }), json: { id: "2".padStart(32, "0") } },
  ]),
  claimed("dated-back", "answered too-old", "Eight days ago.", (cast) => [
    { ...ask(cast.olga, "withdraw", { address: addresses.eve }), json: { date: "2025-05-24T00:00:00Z" } },
  ]),
  claimed(
    "former-list-key",
    "answered done",
    "Bob, who was away, leaves under the list key before.",
    (cast) => [join(cast), newListKey(cast), ask(cast.joinedBob, "leave")],
  ),
  claimed("confirm", "answered done", "Olga confirms Bob, and Eve, who is not there.", (cast) => [
    join(cast),
    ask(cast.olga, "confirm", {
      members: [
        { ...named(cast, "bob"), role: "member" },
        { ...named(cast, "eve"), role: "member" },
      ],
    }),
  ]),
  claimed("confirm-nobody", "answered not-a-member", "Nobody is there with that role.", (cast) => [
    join(cast),
    ask(cast.olga, "confirm", { members: [{ ...named(cast, "bob"), role: "owner" }] }),
  ]),
  claimed("confirm-by-member", "answered not-allowed", "Bob, a member, confirms himself.", (cast) => [
    join(cast),
    ask(cast.joinedBob, "confirm", { members: [{ ...named(cast, "bob"), role: "member" }] }),
  ]),
];
