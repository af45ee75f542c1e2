import { parseAddress } from "../../src/mail/mailbox.js";
import {
  acknowledge,
  confirm,
  judge,
  MAX_SEEN,
  noPins,
  type Pins,
  type Proof,
  pinOwner,
} from "../../src/membership/introduction/pins.js";
import { parseFingerprint } from "../../src/openpgp/keys.js";

const fingerprint = (digit: string) => parseFingerprint(digit.repeat(40));
const carol = parseAddress("carol@x.test");
const dave = parseAddress("dave@x.test");
const [key1, key2, key3] = [fingerprint("1"), fingerprint("2"), fingerprint("3")];
const owner = fingerprint("0");
const [introductionA, introductionB] = [fingerprint("a"), fingerprint("b")];

const absent: Proof = { kind: "absent" };
const introducedBy = (introduction: typeof key1, day: number): Proof => ({
  kind: "introduced",
  introduction,
  by: owner,
  introducedAt: new Date(Date.UTC(2026, 0, day)),
});
const failed = (step: Extract<Proof, { kind: "failed" }>["step"]): Proof => ({
  kind: "failed",
  step,
  code: "wrong-list",
});

/** Shows Carol's mails one after the other; gives the verdicts and the memory at the end. */
function read(state: Pins, ...mails: readonly (readonly [typeof key1, Proof])[]) {
  const verdicts: string[] = [];
  let pins = state;
  for (const [key, proof] of mails) {
    const judgement = judge(pins, { address: carol, key }, proof);
    const { verdict } = judgement;
    verdicts.push("why" in verdict ? `${verdict.kind}: ${verdict.why}` : verdict.kind);
    pins = judgement.pins;
    // what is kept is plain JSON
    expect(JSON.parse(JSON.stringify(pins))).toEqual(pins);
  }
  return { verdicts, pins };
}

const joined = read(noPins, [key1, introducedBy(introductionA, 1)]).pins;

test("introduced, and from then on known without the introduction", () => {
  const { verdicts } = read(
    noPins,
    [key1, introducedBy(introductionA, 1)],
    [key1, absent],
    [key1, introducedBy(introductionA, 1)],
  );
  expect(verdicts).toEqual(["introduced", "known", "introduced"]);
});

test("pin poisoning: where the first key that is seen is the pin, Carol's own is the changed one", () => {
  const firstSeen = new Map<string, string>();
  const seesFirst = (key: string) => {
    const pinned = firstSeen.get(carol) ?? key;
    firstSeen.set(carol, pinned);
    return pinned === key ? "known" : "changed";
  };
  // a member writes as Carol before she does; her own key is introduced, which nobody asks
  expect([seesFirst(key2), seesFirst(key1)]).toEqual(["known", "changed"]);
});

test("a key that nobody introduced is remembered and never wins", () => {
  const { verdicts, pins } = read(
    noPins,
    [key2, absent],
    [key2, absent],
    [key3, absent],
    [key1, introducedBy(introductionA, 1)],
    [key2, absent],
  );
  // whoever wrote as Carol first must not make Carol's own key the changed one
  expect(verdicts).toEqual([
    "new-not-introduced",
    "new-not-introduced",
    "new-not-introduced",
    "introduced",
    "changed: another-key",
  ]);
  expect(pins.pins[carol]?.key).toBe(key1);
  expect(pins.seen).toEqual({});
});

test("what was seen before under the address is said", () => {
  const before = [key2, key2, key3].map(
    ((state: Pins) => (key) => {
      const judgement = judge(state, { address: carol, key }, absent);
      state = judgement.pins;
      return "before" in judgement.verdict ? judgement.verdict.before : "";
    })(noPins),
  );
  expect(before).toEqual(["never", "same-key", "another-key"]);
});

test("another key under a pinned address is changed, whatever it brings, and the pin stays", () => {
  for (const proof of [
    absent,
    failed("owner-certification"),
    failed("member-certification"),
    failed("from"),
  ]) {
    const { verdicts, pins } = read(joined, [key2, proof]);
    expect(verdicts).toEqual(["changed: another-key"]);
    expect(pins).toEqual(joined);
  }
});

test("a proof that fails is refused; with the pinned key it is not needed", () => {
  for (const step of ["introduction", "owner-certification", "member-certification", "from"] as const) {
    expect(read(noPins, [key1, failed(step)])).toEqual({ verdicts: ["refused"], pins: noPins });
    expect(read(joined, [key1, failed(step)]).verdicts).toEqual(["known"]);
  }
  // the signature is not by what the mail brings: no pin helps
  for (const step of ["size", "signer"] as const) {
    expect(read(joined, [key1, failed(step)])).toEqual({ verdicts: ["refused"], pins: joined });
  }
});

test("one introduction used by two keys is changed for the second, under any address", () => {
  expect(read(joined, [key2, introducedBy(introductionA, 1)])).toEqual({
    verdicts: ["changed: introduction-used-twice"],
    pins: joined,
  });
  const dave = parseAddress("dave@x.test");
  const elsewhere = judge(joined, { address: dave, key: key2 }, introducedBy(introductionA, 1));
  expect(elsewhere.verdict).toEqual({ kind: "changed", why: "introduction-used-twice", pinned: key1 });
});

describe("re-introduced by the owner", () => {
  const again = read(joined, [key2, introducedBy(introductionB, 5)]);

  test("moves the pin, and is said until it is acknowledged", () => {
    expect(again.verdicts).toEqual(["re-introduced"]);
    expect(again.pins.pins[carol]?.key).toBe(key2);
    const more = read(again.pins, [key2, introducedBy(introductionB, 5)], [key2, absent]);
    expect(more.verdicts).toEqual(["re-introduced", "re-introduced"]);
    const seen = acknowledge(more.pins, carol);
    expect(read(seen, [key2, introducedBy(introductionB, 5)], [key2, absent]).verdicts).toEqual([
      "introduced",
      "known",
    ]);
  });

  test("the former key can't take the address back: its chain stays true for ever", () => {
    const back = read(again.pins, [key1, introducedBy(introductionA, 1)], [key1, absent]);
    expect(back.verdicts).toEqual(["changed: superseded", "changed: superseded"]);
    expect(back.pins.pins).toEqual(again.pins.pins);
  });

  test("mails read in the other order come to the same pin", () => {
    const newestFirst = read(
      noPins,
      [key2, introducedBy(introductionB, 5)],
      [key1, introducedBy(introductionA, 1)],
    );
    expect(newestFirst.verdicts).toEqual(["introduced", "changed: superseded"]);
    expect(newestFirst.pins.pins[carol]?.key).toBe(key2);
  });

  test("a newer introduction of the same key makes it no older", () => {
    const renewed = read(
      joined,
      [key1, introducedBy(introductionB, 9)],
      [key1, introducedBy(introductionA, 1)],
    );
    expect(read(renewed.pins, [key2, introducedBy(fingerprint("c"), 5)]).verdicts).toEqual([
      "changed: superseded",
    ]);
  });

  test("two introductions of the same second decide nothing", () => {
    expect(read(joined, [key2, introducedBy(introductionB, 1)]).verdicts).toEqual(["changed: another-key"]);
  });
});

describe("confirmed by hand", () => {
  test("pins an unintroduced key, and no introduction moves that", () => {
    const state = confirm(read(noPins, [key2, absent]).pins, { address: carol, key: key2 }, []);
    expect(read(state, [key2, absent], [key1, introducedBy(introductionA, 1)]).verdicts).toEqual([
      "known",
      "changed: another-key",
    ]);
    expect(state.seen).toEqual({});
  });

  test("wins over a pin, which becomes a former key", () => {
    const state = confirm(joined, { address: carol, key: key2 }, []);
    expect(read(state, [key2, absent], [key1, absent]).verdicts).toEqual(["known", "changed: superseded"]);
  });

  test("of the pinned key is an acknowledgement", () => {
    const again = read(joined, [key2, introducedBy(introductionB, 5)]).pins;
    expect(confirm(again, { address: carol, key: key2 }, [])).toEqual(acknowledge(again, carol));
    expect(confirm(joined, { address: carol, key: key1 }, [])).toBe(joined);
  });
});

describe("an owner's key is never displaced by hand", () => {
  const carolOwns = [{ address: carol, key: key1 }];
  const refusal = expect.objectContaining({ code: "owners-key" });

  test("pinned or not yet seen, whoever compared what; where owners are not asked about, it is", () => {
    const seen = pinOwner(noPins, { address: carol, key: key1 });
    for (const state of [noPins, seen]) {
      expect(() => confirm(state, { address: carol, key: key2 }, carolOwns)).toThrow(refusal);
      expect(confirm(state, { address: carol, key: key2 }, []).pins[carol]?.key).toBe(key2);
    }
    // under another address of the owner's certificate
    expect(() => confirm(seen, { address: carol, key: key2 }, [{ address: dave, key: key1 }])).toThrow(
      refusal,
    );
  });

  test("not by another owner's key either; the owner's own may be, and so may a former owner's", () => {
    const both = [...carolOwns, { address: dave, key: key2 }];
    expect(() => confirm(noPins, { address: carol, key: key2 }, both)).toThrow(refusal);
    expect(confirm(noPins, { address: carol, key: key1 }, both).pins[carol]?.how).toBe("confirmed");
    const former = pinOwner(noPins, { address: carol, key: key1 });
    expect(
      confirm(former, { address: carol, key: key2 }, [{ address: dave, key: key3 }]).pins[carol],
    ).toEqual({
      ...{ key: key2, how: "confirmed", former: [key1] },
    });
  });
});

describe("owners", () => {
  test("are pinned from the first day, and known when they are owners no more", () => {
    const state = pinOwner(noPins, { address: carol, key: key1 });
    expect(read(state, [key2, absent], [key1, { kind: "owner" }], [key1, absent]).verdicts).toEqual([
      "changed: another-key",
      "owner",
      "known",
    ]);
    expect(read(state, [key2, introducedBy(introductionA, 1)]).verdicts).toEqual(["changed: another-key"]);
    expect(pinOwner(joined, { address: carol, key: key2 })).toBe(joined);
  });

  test("stand above a pin without moving it", () => {
    const { verdicts, pins } = read(joined, [key2, { kind: "owner" }]);
    expect(verdicts).toEqual(["owner"]);
    expect(pins).toEqual(joined);
  });
});

test("made-up addresses push the oldest out of the memory, never a pin", () => {
  let state = joined;
  for (let i = 0; i < MAX_SEEN + 5; i++) {
    state = judge(state, { address: parseAddress(`made-up-${i}@x.test`), key: key2 }, absent).pins;
  }
  const seen = Object.keys(state.seen);
  expect(seen.length).toBe(MAX_SEEN);
  expect(seen[0]).toBe("made-up-5@x.test");
  expect(state.pins).toEqual(joined.pins);
});
