/** Reports to a list's bounce address: every form that mail systems write, changed. */

import { judgeBounce } from "../../src/server/delivery/bounce-verdict.js";
import { readBounceReport, withoutTags } from "../../src/server/parse/bounce-report.js";
import { dead } from "../../test/server/bounces/replies.js";
import { reports } from "../../test/server/bounces/reports.js";
import { promise, type Target } from "../target.js";

const octets = (text: string) => new Uint8Array(Buffer.from(text, "utf8"));
const html = [
  "From: postmaster@mx.test",
  "Subject: Undeliverable",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<html><body><p>Your mail to <b>x@y.test</b> could not be delivered: 550 5.1.1 User unknown</p></body></html>",
  "",
].join("\r\n");

export const target: Target = {
  name: "bounce",
  async seeds() {
    const some = dead.filter((_, index) => index % 40 === 0);
    const forms = Object.values(reports);
    return [octets(html), ...some.flatMap((reply) => forms.map((write) => octets(write(reply))))];
  },
  words: [
    ...[
      "Status: 5.1.1\r\n",
      "Action: failed\r\n",
      "Action: delayed\r\n",
      "Diagnostic-Code: smtp; 550 5.1.1 ",
    ],
    ...["<", ">", "<<<<<<<<", "--", ">>> ", "user user user ", "mailbox ", " full", "5.1.1", "4.2.2", "550-"],
    ...[
      "Content-Type: message/delivery-status\r\n",
      "Content-Type: text/html\r\n",
      "--=b\r\n",
      "_".repeat(12),
    ],
    ...[
      "Content-Type: text/plain; format=flowed; charset=utf-16le\r\n",
      "Content-Transfer-Encoding: base64\r\n",
    ],
  ],
  async take(input) {
    const report = await readBounceReport(input);
    promise(["failed", "on-its-way", "other"].includes(report.kind), `a report of kind ${report.kind}`);
    if (report.kind === "failed") {
      promise(["hard", "soft"].includes(report.severity), `a severity of ${report.severity}`);
      promise(/^[a-z-]{1,30}$/.test(report.reason), "a reason that is not of ours");
    }
    const text = Buffer.from(input).toString("latin1");
    promise(!withoutTags(text).includes("<"), "a tag that is left");
    judgeBounce({ text });
  },
};
