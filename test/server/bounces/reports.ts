/** The reports that mail systems wrap a refusal in, as their documentation and sources show them. */
import type { Refusal } from "./replies.js";

/** What every report quotes of the copy: headers and sealed content. */
const copy = [
  "Return-Path: <team-bounces+1-2-abc@lists.test>",
  "From: Alice via team <team@lists.test>",
  "Subject: [team] user unknown, mailbox full",
  "MIME-Version: 1.0",
  "Content-Type: application/octet-stream",
  "",
  "-----BEGIN PGP MESSAGE-----",
];

const folded = (text: string) => text.replace(/(.{60}\S*) /g, "$1\r\n    ");

const codeOf = ({ text, status }: Refusal) =>
  status ?? /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1] ?? "5.0.0";

const lines = (...all: readonly (string | readonly string[])[]) => `${all.flat().join("\r\n")}\r\n`;

function statusReport(subject: string, prose: readonly string[], refusal: Refusal): string {
  return lines(
    "From: MAILER-DAEMON@mx.y.test (Mail Delivery System)",
    `Subject: ${subject}`,
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="=b"',
    ["", "--=b", "Content-Type: text/plain", ""],
    prose,
    ["", "--=b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.y.test", ""],
    ["Final-Recipient: rfc822; x@y.test", "Action: failed", `Status: ${codeOf(refusal)}`],
    refusal.text === "" ? [] : `Diagnostic-Code: smtp; ${folded(refusal.text)}`,
    ["", "--=b", "Content-Type: message/rfc822", "", ...copy, "", "--=b--"],
  );
}

const plain = (subject: string, ...prose: readonly (string | readonly string[])[]) =>
  lines(
    "From: MAILER-DAEMON@mx.y.test",
    `Subject: ${subject}`,
    ["Auto-Submitted: auto-replied", "Content-Type: text/plain", ""],
    ...prose,
  );

/** Each of them writes any refusal. */
export const reports: Readonly<Record<string, (refusal: Refusal) => string>> = {
  postfix: (refusal) =>
    statusReport(
      "Undelivered Mail Returned to Sender",
      [
        "This is the mail system at host mx.y.test.",
        "",
        "I'm sorry to have to inform you that your message could not",
        "be delivered to one or more recipients. It's attached below.",
        "",
        folded(`<x@y.test>: host mx.y.test[192.0.2.9] said: ${refusal.text} (in reply to RCPT TO command)`),
      ],
      refusal,
    ),
  exchange: (refusal) =>
    statusReport(
      "Undeliverable: [team]",
      [
        "mx.y.test rejected your message to the following email addresses:",
        "x@y.test",
        "Diagnostic information for administrators:",
        "Generating server: mx.y.test",
        folded(`Remote Server returned '${refusal.text}'`),
      ],
      refusal,
    ),
  gmail: (refusal) =>
    statusReport(
      "Delivery Status Notification (Failure)",
      ["** Message not delivered **", "", "The response from the remote server was:", folded(refusal.text)],
      refusal,
    ),
  sendmail: (refusal) =>
    plain(
      "Returned mail: see transcript for details",
      "The original message was received at Sun, 29 Nov 2026 12:00:00 GMT",
      ["from mail.lists.test [192.0.2.1]", ""],
      "   ----- The following addresses had permanent fatal errors -----",
      ["<x@y.test>", "", "   ----- Transcript of session follows -----"],
      ["... while talking to mx.y.test.:", ">>> RCPT To:<x@y.test>", `<<< ${refusal.text}`, refusal.text, ""],
      ["   ----- Original message follows -----", "", ...copy],
    ),
  exim: (refusal) =>
    plain(
      "Mail delivery failed: returning message to sender",
      "This message was created automatically by mail delivery software.",
      ["", "A message that you sent could not be delivered to one or more of its"],
      "recipients. This is a permanent error. The following address(es) failed:",
      ["", "  x@y.test", "    host mx.y.test [192.0.2.9]"],
      "    SMTP error from remote mail server after RCPT TO:<x@y.test>:",
      [`    ${folded(refusal.text)}`, ""],
      ["------ This is a copy of the message, including all the headers. ------", "", ...copy],
    ),
  qmail: (refusal) =>
    plain(
      "failure notice",
      "Hi. This is the qmail-send program at mx.y.test.",
      "I'm afraid I wasn't able to deliver your message to the following addresses.",
      "This is a permanent error; I've given up. Sorry it didn't work out.",
      ["", "<x@y.test>:", folded(refusal.text), ""],
      ["--- Below this line is a copy of the message.", "", ...copy],
    ),
  mdaemon: (refusal) =>
    plain(
      "Permanent Delivery Failure",
      "The attached message had PERMANENT fatal delivery errors!",
      ["", ">>> x@y.test", `>>> ${refusal.text}`, ""],
      ["--- Session Transcript ---", "> RCPT To:<x@y.test>", `< ${refusal.text}`, "--- End Transcript ---"],
      ["", ...copy.map((line) => `> ${line}`)],
    ),
};
