/**
 * The longest files of tests first, where several run at a time: one of them that begins last keeps everybody waiting. Jest knows
 * how long a file takes only where it ran before, and on a new machine it goes by size.
 */
const { default: Sequencer } = require("@jest/test-sequencer");

/** Minutes each, or most of one. */
const SLOW = [
  ...["e2e/membership.test.ts", "e2e/tour.test.ts", "e2e/everybody.test.ts", "e2e/leaving.test.ts"],
  ...["server/endure.test.ts", "server/posting-rights.test.ts", "extension/owner-notices.test.ts"],
  ...["test/fuzz.test.ts", "server/requests.test.ts", "server/bad-requests.test.ts", "server/memory.test.ts"],
];

module.exports = class SlowFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    const place = ({ path }) => {
      const found = SLOW.findIndex((name) => path.endsWith(name));
      return found === -1 ? SLOW.length : found;
    };
    return sorted.toSorted((one, other) => place(one) - place(other));
  }
};
