/** The kept runs of the benchmarks, and what is said of them. */
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { keptResults, strangers } from "../../bench/kept.js";
import { PICTURE, picture } from "../../bench/picture.js";

test("the README's picture is made from the runs that are kept: npm run bench -- --picture", () => {
  expect(readFileSync(PICTURE, "utf8")).toBe(picture(keptResults()));
});

test("a run says which of its ratios are more than a fifth away from the kept ones, and of no others", () => {
  const kept = keptResults();
  const some = kept.find(({ name }) => name === "whole server, 1 kB to 500 members");
  if (some?.ratio == null) throw new Error("the kept run against Schleuder is gone");
  const { ratio } = some;
  expect(strangers(kept, kept)).toEqual([]);
  expect(strangers([{ ...some, ratio: ratio * 1.19 }], kept)).toEqual([]);
  expect(strangers([{ ...some, ratio: ratio * 1.21 }], kept)).toEqual([
    expect.stringMatching(/^worse: .*500 members/),
  ]);
  expect(strangers([{ ...some, ratio: ratio / 1.21 }], kept)).toEqual([expect.stringMatching(/^better: /)]);
  expect(strangers([{ ...some, name: "something that nobody kept" }], kept)).toEqual([]);
  // the peer was not installed
  expect(strangers([{ ...some, ratio: null }], kept)).toEqual([]);
});
