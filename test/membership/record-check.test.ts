import { describe, expect, test } from "@jest/globals";
import {
  checkRecord,
  type KnownRecord,
  MISSING_AFTER_MS,
  noRecord,
  type RecordCheck,
} from "../../src/membership/roster/record-check.js";
import { parseFingerprint } from "../../src/openpgp/keys.js";

const hash = (letter: string) => letter.repeat(64);
const start = Date.parse("2026-08-01T12:00:00Z");
const HOUR = 3_600_000;
const said = (number: number, letter: string, hours = 0) => ({
  head: { number, hash: hash(letter) },
  signedAt: new Date(start + hours * HOUR),
});
/** What is found after these signatures, in order; the last one's finding. */
function finding(known: KnownRecord, ...heads: ReturnType<typeof said>[]): RecordCheck {
  let check: RecordCheck = { kind: "consistent", known };
  for (const each of heads) check = checkRecord(check.known, each);
  return check;
}
const alarmOf = (check: RecordCheck) => (check.kind === "alarm" ? check.alarm : check.kind);
const fetched: KnownRecord = { ...noRecord, hashes: [hash("a"), hash("b")] };

describe("the record, by what the server's signatures name", () => {
  test("an honest one raises no alarm, whatever order mail is opened in", () => {
    expect(finding(fetched, said(1, "a"), said(2, "b", 1)).kind).toBe("consistent");
    expect(finding(fetched, said(2, "b", 5), said(1, "a", 1)).kind).toBe("consistent");
    expect(finding(fetched, said(3, "c")).kind).toBe("newer");
    expect(finding(noRecord, said(5, "e", 2), said(4, "d", 1), said(5, "e", 3)).kind).toBe("newer");
    // clocks of two machines
    expect(finding(noRecord, said(5, "e", 1), said(4, "d", 1.1)).kind).toBe("newer");
  });

  test("two owners who are shown different records see it by the first post", () => {
    expect(alarmOf(finding(fetched, said(2, "x", 1)))).toEqual({ kind: "forked", number: 2 });
    // somebody who fetches nothing sees two stories about one number
    const reader = finding(noRecord, said(7, "g"), said(7, "x", 1));
    expect(alarmOf(reader)).toEqual({ kind: "forked", number: 7 });
    // and goes on measuring by the first
    expect(checkRecord(reader.known, said(7, "g", 2)).kind).toBe("newer");
    expect(alarmOf(checkRecord(reader.known, said(7, "x", 2)))).toEqual({ kind: "forked", number: 7 });
  });

  test("a record that goes back is seen, also when the later mail is opened first", () => {
    expect(alarmOf(finding(fetched, said(2, "b", 1), said(1, "a", 5)))).toEqual({
      kind: "behind",
      number: 1,
      later: 2,
    });
    expect(alarmOf(finding(noRecord, said(1, "a", 5), said(2, "b", 1)))).toMatchObject({ kind: "behind" });
  });

  test("a removal that never appears is seen by the next day's post, once the record is fetched", () => {
    const signer = parseFingerprint("ab".repeat(20));
    const awaited = [{ signer, id: "01", sent: new Date(start).toISOString() }];
    const days = (MISSING_AFTER_MS / HOUR) * 2;
    expect(finding({ ...fetched, awaited }, said(2, "b", 1)).kind).toBe("consistent");
    // there is more to fetch first: it may be in there
    expect(finding({ ...fetched, awaited }, said(3, "c", days)).kind).toBe("newer");
    expect(alarmOf(finding({ ...fetched, awaited }, said(2, "b", days)))).toEqual({
      kind: "missing",
      id: "01",
    });
    const done = finding({ ...fetched, awaited, commands: [`${signer} 01`] }, said(2, "b", days));
    expect(done).toMatchObject({ kind: "consistent", known: { awaited: [] } });
  });
});
