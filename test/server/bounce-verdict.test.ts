/** Hard or soft, on the words that mail systems really use; and the reports that they come in. */
import { describe, expect, test } from "@jest/globals";
import { judgeBounce } from "../../src/server/delivery/bounce-verdict.js";
import { readBounceReport, withoutTags } from "../../src/server/parse/bounce-report.js";

test.each([
  // Postfix, Exim, Exchange, Gmail, Outlook.com, Yahoo, Dovecot, qmail, IceWarp, Zimbra ...
  [
    "5.1.1",
    "550 5.1.1 <x@y.test>: Recipient address rejected: User unknown in local recipient table",
    "hard",
  ],
  ["5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try", "hard"],
  [
    "5.1.10",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient x@y.test not found by SMTP address lookup",
    "hard",
  ],
  [
    "5.4.1",
    "550 5.4.1 Recipient address rejected: Access denied. [AM5EUR02FT005.eop-EUR02.prod.protection.outlook.com]",
    "hard",
  ],
  ["5.0.0", "554 delivery error: dd This user doesn't have a yahoo.com account (x@yahoo.com)", "hard"],
  ["5.2.1", "550 5.2.1 The email account that you tried to reach is disabled.", "hard"],
  [
    "5.1.2",
    "Host or domain name not found. Name service error for name=gone.test type=MX: Host not found",
    "hard",
  ],
  ["5.1.10", "Domain y.test does not accept mail (nullMX)", "hard"],
  ["5.1.1", "", "hard"],
  ["", "550 No such user here", "hard"],
  ["", "Sorry, no mailbox here by that name. (#5.1.1)", "hard"],
  ["", "550 unrouteable address", "hard"],
  ["5.2.2", "552 5.2.2 The email account that you tried to reach is over quota.", "soft"],
  ["5.1.1", "550 5.1.1 user's mailbox is full", "soft"],
  ["5.7.1", "550 5.7.1 Message rejected as spam by Content Filtering.", "soft"],
  ["5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "soft"],
  [
    "5.7.26",
    "550-5.7.26 Unauthenticated email from y.test is not accepted due to domain's DMARC policy",
    "soft",
  ],
  ["5.3.4", "552 5.3.4 Message size exceeds fixed limit", "soft"],
  ["5.7.606", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", "soft"],
  ["5.4.7", "retry timeout exceeded", "soft"],
  ["5.4.1", "connect to mx.y.test[192.0.2.9]:25: Connection refused", "soft"],
  ["4.1.1", "450 4.1.1 <x@y.test>: Recipient address rejected: User unknown, try again later", "soft"],
  ["5.6.0", "550 5.6.0 message content rejected: attachments not allowed", "soft"],
  ["5.0.0", "550 administrative prohibition", "soft"],
  ["5.5.0", "", "soft"],
  ["", "", "soft"],
])("%s %s is %s", (status, text, severity) => {
  expect(judgeBounce({ ...(status === "" ? {} : { status }), text })).toMatchObject({ severity });
});

const dsn = (action: string, status: string, diagnostic: string) =>
  [
    "From: MAILER-DAEMON@mx.test (Mail Delivery System)",
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    "This is the mail system at host mx.test.",
    "I'm sorry to have to inform you that your message could not",
    "be delivered to one or more recipients.",
    "",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.test",
    "",
    "Final-Recipient: rfc822; x@y.test",
    `Action: ${action}`,
    `Status: ${status}`,
    ...(diagnostic === "" ? [] : [`Diagnostic-Code: smtp; ${diagnostic}`]),
    "",
    "--b",
    "Content-Type: message/rfc822",
    "",
    "Subject: user unknown",
    "",
    "The user does not exist",
    "--b--",
    "",
  ].join("\r\n");

const prose = (subject: string, ...lines: string[]) =>
  [`Subject: ${subject}`, "Content-Type: text/plain", "", ...lines, ""].join("\r\n");

describe("a report", () => {
  test.each([
    ["Postfix", dsn("failed", "5.1.1", "550 5.1.1 User unknown"), { kind: "failed", severity: "hard" }],
    ["full", dsn("failed", "5.2.2", "552 5.2.2 Mailbox full"), { kind: "failed", severity: "soft" }],
    [
      "the true code is in the text",
      dsn("failed", "5.0.0", "550 5.1.1 rejected"),
      { kind: "failed", severity: "hard" },
    ],
    ["folded", dsn("failed (bounced)", "5.1.1", "550\r\n  5.1.1 nope"), { kind: "failed", severity: "hard" }],
    ["delayed", dsn("delayed", "4.4.1", "connection timed out"), { kind: "on-its-way" }],
    ["delivered", dsn("delivered", "2.0.0", "250 ok"), { kind: "on-its-way" }],
    [
      "no words, and a returned mail that has some",
      dsn("failed", "5.7.1", ""),
      { kind: "failed", severity: "soft" },
    ],
    [
      "qmail",
      prose(
        "failure notice",
        "Hi. This is the qmail-send program at y.test.",
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "This is a permanent error; I've given up. Sorry it didn't work out.",
        "",
        "<x@y.test>:",
        "Sorry, no mailbox here by that name. (#5.1.1)",
        "",
        "--- Below this line is a copy of the message.",
        "",
        "Return-Path: <team-bounces@lists.test>",
        "your mailbox is full",
      ),
      { kind: "failed", severity: "hard" },
    ],
    [
      "Exim",
      prose(
        "Mail delivery failed: returning message to sender",
        "A message that you sent could not be delivered to one or more of its",
        "recipients. This is a permanent error. The following address(es) failed:",
        "",
        "  x@y.test",
        "    host mx.y.test [192.0.2.9]",
        "    SMTP error from remote mail server after RCPT TO:<x@y.test>:",
        "    550 5.1.1 <x@y.test> User unknown",
      ),
      { kind: "failed", severity: "hard" },
    ],
    [
      "a gateway's own words",
      prose(
        "Delivery Status Notification (Failure)",
        "Your mail was rejected: contains prohibited attachment",
      ),
      { kind: "failed", severity: "soft" },
    ],
    [
      "a warning",
      prose(
        "Warning: message delayed 24 hours",
        "Your message could not be delivered yet. It will keep trying for 4 days. No such user",
      ),
      { kind: "on-its-way" },
    ],
    ["a vacation", prose("Out of office", "I am away until Monday."), { kind: "other" }],
    ["nothing", "", { kind: "other" }],
    ["garbage", "\u0000\u0001\r\n--b", { kind: "other" }],
  ])("%s", async (_name, raw, wanted) => {
    expect(await readBounceReport(Buffer.from(raw, "latin1"))).toMatchObject(wanted);
  });
});

describe("a report that is made to keep the server busy", () => {
  test("ten million opened tags: each octet is looked at once, or this would take days", () => {
    expect(withoutTags("<".repeat(10_000_000))).toHaveLength(10_000_000);
  });

  test.each(["a<b>c", "<p>User <b>unknown</b></p>", "1 < 2", "<<a>>", "", "no tags"])(
    "the words of %p are kept",
    (html) => {
      const words = (text: string) => text.match(/\w+/g) ?? [];
      expect(words(withoutTags(html))).toEqual(expect.arrayContaining(words(html.replace(/<[^<>]*>/g, " "))));
    },
  );

  test("what came back after a quarter of a megabyte is not parsed", async () => {
    const report = (filler: string) =>
      ["Content-Type: text/plain", "", "User unknown", filler, "550 5.1.1 no", ""].join("\r\n");
    const long = "The mail could not be delivered\r\n".repeat(20_000);
    expect(await readBounceReport(Buffer.from(report(long)))).toMatchObject({ severity: "hard" });
  });
});
