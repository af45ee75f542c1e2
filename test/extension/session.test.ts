/** What waits in the session's storage for one page. */
import { offer, takeOffered } from "../../src/extension/member/offered-invitation.js";
import { resetHost } from "./fake-host.js";

beforeEach(resetHost);

test("an invitation that waits is given once, also to a page that asks twice at one moment", async () => {
  await offer("team-alice.listseal", new TextEncoder().encode("FILE"));
  const taken = await Promise.all([takeOffered(), takeOffered()]);
  expect(taken.filter((one) => one !== null)).toEqual([{ name: "team-alice.listseal", file: "RklMRQ==" }]);
  expect(await takeOffered()).toBeNull();
});
