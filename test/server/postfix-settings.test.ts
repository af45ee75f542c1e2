/** What quickstart sets in main.cf: merged with what is there, and nothing that is set well. test/e2e/quickstart.test.ts runs it. */
import { describe, expect, test } from "@jest/globals";
import { recordsOf, zoneLine } from "../../src/server/admin/dns-records.js";
import { missingSettings, type PostfixState } from "../../src/server/admin/postfix-settings.js";
import { runProgram, shellWord } from "../../src/server/admin/shell.js";

const DOMAIN = "lists.test";
const OURS = "texthash:/etc/postfix/listseal-transport";
const PROBE = "check_recipient_access inline:{{lists.test = reject_unverified_recipient}}";

/** Debian 12's defaults, where they matter here. */
const defaults: Readonly<Record<string, string>> = {
  config_directory: "/etc/postfix",
  mydestination: "mail.people.test, localhost.localdomain, , localhost",
  virtual_alias_domains: "",
  virtual_mailbox_domains: "",
  smtpd_forbid_bare_newline: "no",
  smtpd_forbid_bare_newline_exclusions: "127.0.0.0/8",
  message_size_limit: "10240000",
  mailbox_size_limit: "0",
  virtual_mailbox_limit: "51200000",
  lmtp_destination_recipient_limit: "50",
};

function stateWith(main: Readonly<Record<string, string>>): PostfixState {
  return {
    folder: "/etc/postfix",
    hostName: "mail.people.test",
    explicit: new Map(Object.entries(main)),
    effective: new Map(Object.entries({ ...defaults, ...main })),
  };
}

const settingsWith = (main: Readonly<Record<string, string>>) =>
  Object.fromEntries(missingSettings(stateWith(main), DOMAIN));

test("a Postfix as Debian ships it gets everything that the lists need", () => {
  expect(settingsWith({})).toEqual({
    relay_domains: DOMAIN,
    transport_maps: OURS,
    smtpd_recipient_restrictions: PROBE,
    unverified_recipient_reject_code: "550",
    smtpd_forbid_bare_newline: "normalize",
    smtpd_forbid_bare_newline_exclusions: "",
    message_size_limit: "52428800",
    virtual_mailbox_limit: "52428800",
    lmtp_destination_recipient_limit: "1",
  });
});

test("what it was given is all that it needs", () => {
  const set = settingsWith({});
  expect(settingsWith(set)).toEqual({});
});

test("what is there stays, and ours goes beside it", () => {
  const found = settingsWith({
    relay_domains: "old.test hash:/etc/postfix/relays",
    transport_maps: "hash:/etc/postfix/transport",
    relay_recipient_maps: "hash:/etc/postfix/relay_recipients",
    smtpd_recipient_restrictions: "permit_mynetworks, reject_unauth_destination",
    unverified_recipient_reject_code: "450",
    smtpd_forbid_bare_newline: "reject",
    message_size_limit: "0",
    mailbox_size_limit: "1000",
  });
  expect(found).toMatchObject({
    relay_domains: "old.test hash:/etc/postfix/relays, lists.test",
    transport_maps: `${OURS}, hash:/etc/postfix/transport`,
    relay_recipient_maps: "hash:/etc/postfix/relay_recipients, inline:{{@lists.test = OK}}",
    smtpd_recipient_restrictions: `${PROBE}, permit_mynetworks, reject_unauth_destination`,
    mailbox_size_limit: "52428800",
  });
  for (const name of ["unverified_recipient_reject_code", "smtpd_forbid_bare_newline", "message_size_limit"])
    expect(found).not.toHaveProperty(name);
});

test.each(["mydestination", "virtual_alias_domains", "virtual_mailbox_domains"])(
  "a domain that Postfix delivers by itself, by %s, is not touched",
  (parameter) => {
    expect(() => settingsWith({ [parameter]: "mail.people.test, lists.test" })).toThrow(
      `Postfix delivers mail for lists.test itself, because ${parameter} names it`,
    );
    // another domain's name that ends with it
    expect(() => settingsWith({ [parameter]: "old-lists.test" })).not.toThrow();
  },
);

describe("a word of the shell", () => {
  test.each(["plain", "two words", "it's", '"$(id)"', "`id`", "a\\b", "", "-n", "* ; &"])(
    "%j means itself",
    async (text) => {
      const { stdout } = await runProgram("sh", ["-c", `printf '%s' ${shellWord(text)}`]);
      expect(stdout).toBe(text);
    },
  );
});

test("a program that is not there ends as in a shell", async () => {
  expect((await runProgram("listseal-no-such-program", [])).code).toBe(127);
});

test("records as lines of a zone file", () => {
  const { mx, spf } = recordsOf(DOMAIN, "mail.people.test");
  expect(zoneLine(mx)).toMatch(/^lists\.test\. IN MX 10 mail\.people\.test\. {2};/);
  expect(zoneLine(spf)).toMatch(/^lists\.test\. IN TXT "v=spf1 mx -all" {2};/);
});
