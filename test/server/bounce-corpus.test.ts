/** How much of what mail systems say is understood: every refusal of the corpus in every kind of report. */
import { expect, test } from "@jest/globals";
import { judgeBounce } from "../../src/server/delivery/bounce-verdict.js";
import { readBounceReport } from "../../src/server/parse/bounce-report.js";
import { alive, dead, type Refusal } from "./bounces/replies.js";
import { reports } from "./bounces/reports.js";

/** Of all hard bounces, so many have to be recognised; of soft ones none may count. */
const WANTED_SHARE = 0.9;

const severityOf = async (raw: string): Promise<string> => {
  const report = await readBounceReport(Buffer.from(raw, "latin1"));
  return report.kind === "failed" ? report.severity : report.kind;
};

test.each(Object.entries(reports))(
  "%s: nine of ten dead addresses are known, and no live one is taken for dead",
  async (_, write) => {
    const missed: string[] = [];
    for (const each of dead) if ((await severityOf(write(each))) !== "hard") missed.push(each.text);
    const wronged: string[] = [];
    for (const each of alive) if ((await severityOf(write(each))) === "hard") wronged.push(each.text);
    expect(wronged).toEqual([]);
    expect(missed.length / dead.length).toBeLessThanOrEqual(1 - WANTED_SHARE);
  },
);

test("the same of a relay's own words", () => {
  const said = ({ text, status }: Refusal) =>
    judgeBounce({ text, ...(status === undefined ? {} : { status }) });
  expect(alive.filter((each) => said(each).severity === "hard")).toEqual([]);
  const missed = dead.filter((each) => said(each).severity !== "hard");
  expect(missed.length / dead.length).toBeLessThanOrEqual(1 - WANTED_SHARE);
});
