import fc from "fast-check";
import { codeOf } from "../../src/extension/platform/errors.js";
import { decodeWords } from "../../src/mail/encoded-words.js";
import {
  bouncesAddress,
  domainOf,
  formatMailbox,
  isAddress,
  localPartOf,
  makeMailbox,
  parseAddress,
  parseMailbox,
  parseMailboxList,
  requestAddress,
} from "../../src/mail/mailbox.js";

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (thrown) {
    return codeOf(thrown, "damaged");
  }
  return "accepted";
};
const label = "a".repeat(63);

describe("an address has one canonical form", () => {
  test.each([
    ["bob@example.test", "bob@example.test"],
    ["Bob.B@Example.TEST", "bob.b@example.test"],
    ["  bob@example.test\t", "bob@example.test"],
    ["o'brien+lists/x=y@x.test", "o'brien+lists/x=y@x.test"],
    ["a@xn--bcher-kva.example", "a@xn--bcher-kva.example"],
    ["a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"],
    ["root@localhost", "root@localhost"],
    [`${"l".repeat(64)}@x.test`, `${"l".repeat(64)}@x.test`],
    [`a@${label}.test`, `a@${label}.test`],
  ])("%s", (written, canonical) => {
    expect(parseAddress(written)).toBe(canonical);
    expect(isAddress(canonical)).toBe(true);
  });

  test.each([
    "",
    "@",
    "bob",
    "@x.test",
    "bob@",
    "bob@x..test",
    "bob@x.test.",
    "bob@.x.test",
    "bob@-x.test",
    "bob@x-.test",
    "bob@x_y.test",
    "bob@[127.0.0.1]",
    "bob@127.0.0.1",
    "bob@x.123",
    ".bob@x.test",
    "bob.@x.test",
    "b..ob@x.test",
    "b ob@x.test",
    '"bob"@x.test',
    "bob(x)@x.test",
    "a@b@x.test",
    "<bob@x.test>",
    "Bob <bob@x.test>",
    "boss@x.test <mal@evil.test>",
    "bob@x.test,carol@x.test",
    "bob@x.test\n",
    "bob@x.test\r\nBcc: eve@x.test",
    "bob\0@x.test",
    "bob@x\0.test",
    "boss@ban\u212A.test", // Kelvin sign: toLowerCase makes it k
    "bo\u017F@x.test", // long s: toUpperCase makes it S
    "\uFF42ob@x.test",
    "bob@x.te\u200Bst",
    "bob@b\u00FCcher.example",
    "\u592A\u90CE@example.test",
    "bob@\uFF11.test",
    "bob@x\u3002test", // ideographic full stop: a dot to IDNA
    `${"l".repeat(65)}@x.test`,
    `a@${label}a.test`,
    `a@${`${label}.`.repeat(4)}test`,
    `${"l".repeat(64)}@${label}.${label}.${label}.test`,
  ])("%j is refused", (written) => {
    expect(refusal(() => parseAddress(written))).toBe("bad-address");
    expect(isAddress(written)).toBe(false);
  });

  test("the form of another case is an address to people, and not canonical to programs", () => {
    expect(isAddress("Bob@x.test")).toBe(false);
    expect(isAddress(" bob@x.test")).toBe(false);
  });

  test("whatever is accepted is printable ASCII and stays as it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.emailAddress()), (text) => {
        let address: string;
        try {
          address = parseAddress(text);
        } catch (thrown) {
          expect(codeOf(thrown, "damaged")).toBe("bad-address");
          return;
        }
        expect(address).toMatch(/^[\x21-\x7e]+$/);
        expect(address).not.toMatch(/[A-Z<>"]/);
        expect(parseAddress(address)).toBe(address);
      }),
    );
  });

  test("parts and the addresses of a list", () => {
    const list = parseAddress("Team@Lists.example");
    expect([localPartOf(list), domainOf(list)]).toEqual(["team", "lists.example"]);
    expect(requestAddress(list)).toBe("team-request@lists.example");
    expect(bouncesAddress(list)).toBe("team-bounces@lists.example");
    const long = parseAddress(`${"l".repeat(60)}@lists.example`);
    expect(refusal(() => requestAddress(long))).toBe("bad-address");
  });
});

describe("a mailbox in a header", () => {
  test.each([
    ["bob@x.test", undefined, "bob@x.test"],
    ["<Bob@X.test>", undefined, "bob@x.test"],
    ["Bob <bob@x.test>", "Bob", "bob@x.test"],
    ["Bob Q. Public <bob@x.test>", "Bob Q. Public", "bob@x.test"],
    ['"Public, Bob \\"Q\\"" <bob@x.test>', 'Public, Bob "Q"', "bob@x.test"],
    ["bob@x.test (Bob (the builder))", "Bob (the builder)", "bob@x.test"],
    ["(a) Bob (b) <bob@x.test> (c)", "Bob", "bob@x.test"],
    ["Bob\r\n <bob@x.test>", "Bob", "bob@x.test"],
    ["\u592A\u90CE <taro@x.test>", "\u592A\u90CE", "taro@x.test"],
    ["=?UTF-8?B?5aSq6YOO?= <taro@x.test>", "\u592A\u90CE", "taro@x.test"],
    ["=?utf-8*ja?q?=E5=A4=AA=E9=83=8E_=3F?= <taro@x.test>", "\u592A\u90CE ?", "taro@x.test"],
    ["=?ISO-2022-JP?B?GyRCQkBPOhsoQg==?= <taro@x.test>", "\u592A\u90CE", "taro@x.test"],
    ["=?UTF-8?B?5aSq6Q==?=\r\n =?UTF-8?B?g44=?= <taro@x.test>", "\u592A\u90CE", "taro@x.test"],
    ["=?klingon?B?5aSq?= <taro@x.test>", "=?klingon?B?5aSq?=", "taro@x.test"],
    // a name that looks like an address is shown by many programs in its place
    ['"boss@bank.test" <mal@evil.test>', undefined, "mal@evil.test"],
    ["=?UTF-8?Q?boss=40bank.test?= <mal@evil.test>", undefined, "mal@evil.test"],
    ['"boss\uFF20bank.test" <mal@evil.test>', undefined, "mal@evil.test"],
    ['"\u202Eevila" <mal@evil.test>', "evila", "mal@evil.test"],
    ['"Bob\\\n Bcc: x" <bob@x.test>', "Bob Bcc: x", "bob@x.test"],
  ])("%j", (header, name, address) => {
    const mailbox = parseMailbox(header);
    expect(mailbox).toEqual(name === undefined ? { address } : { name, address });
    expect(parseMailboxList(header)).toEqual([mailbox]);
    // what we write is ASCII on one line, and reads as the same
    const written = formatMailbox(mailbox);
    expect(written).toMatch(/^[\x20-\x7e]+$/);
    expect(parseMailbox(written)).toEqual(mailbox);
  });

  test.each([
    "",
    "Bob",
    "Bob <>",
    "Bob <bob@x.test",
    "Bob bob@x.test>",
    "<<bob@x.test>>",
    "<a@x.test> <b@x.test>",
    "Bob <bob@x.test> trailing",
    "a@x.test b@x.test",
    "boss@x.test <mal@evil.test>",
    "mal@evil.test> <boss@x.test>",
    "a@x.test, b@x.test",
    "friends: a@x.test;",
    '"Bob <bob@x.test>',
    "(Bob bob@x.test",
    "Bob <@relay.test:bob@x.test>",
    '"bob"@x.test',
    "bob @x.test",
    "Bob <\u00FC@x.test>",
    "a\\b <bob@x.test>",
    "Bob\n<bob@x.test>",
  ])("%j is not one mailbox", (header) => {
    expect(refusal(() => parseMailbox(header))).toBe("bad-address");
  });

  test("a header of 300,000 characters isn't read", () => {
    expect(refusal(() => parseMailbox(`${"b".repeat(300_000)} <bob@x.test>`))).toBe("bad-address");
  });

  test("lists, groups and empty elements", () => {
    const addresses = (header: string) => parseMailboxList(header).map((mailbox) => mailbox.address);
    expect(addresses('"A, B" <a@x.test>,\r\n b@x.test, , (nobody), C <c@x.test>')).toEqual([
      "a@x.test",
      "b@x.test",
      "c@x.test",
    ]);
    expect(addresses("undisclosed-recipients:;")).toEqual([]);
    expect(addresses("x@x.test, Friends: a@x.test, B <b@x.test>; y@x.test")).toEqual([
      "x@x.test",
      "a@x.test",
      "b@x.test",
      "y@x.test",
    ]);
    for (const wrong of ["a@x.test, b", "f: a@x.test", "a@x.test;", "f: g: a@x.test;;", ": a@x.test;"]) {
      expect(refusal(() => parseMailboxList(wrong))).toBe("bad-address");
    }
  });

  test("any name is written so that it can't leave its field, and reads as what is shown", () => {
    const address = parseAddress("bob@x.test");
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
        const mailbox = makeMailbox(name, address);
        const written = formatMailbox({ name, address });
        expect(written).toMatch(/^[\x20-\x7e]+$/);
        for (const word of written.split(" "))
          if (word.startsWith("=?")) expect(word.length).toBeLessThanOrEqual(75);
        expect(parseMailbox(written)).toEqual(mailbox);
      }),
      { numRuns: 500 },
    );
    expect(formatMailbox({ name: "Bob\r\nBcc: eve@x.test", address })).toBe("bob@x.test");
    expect(formatMailbox({ name: "=?UTF-8?Q?x?=", address })).toBe(
      "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?= <bob@x.test>",
    );
  });

  test("encoded-words in a subject", () => {
    expect(decodeWords("Re: =?UTF-8?Q?caf=C3=A9?= at 5")).toBe("Re: caf\u00E9 at 5");
    expect(decodeWords("=?UTF-8?B?!!!?=")).toBe("=?UTF-8?B?!!!?=");
    expect(decodeWords("a =? b ?= c")).toBe("a =? b ?= c");
  });
});
