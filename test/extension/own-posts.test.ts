/** One's own posts come back read; whatever only says that it is one stays unread. */

import { watchOwnPosts } from "../../src/extension/reading/own-posts.js";
import type { OpenedView } from "../../src/extension/reading/view.js";
import { update } from "../../src/extension/records/storage.js";
import host, { FakeEvent, resetHost } from "./fake-host.js";
import { openedView } from "./opened-view.js";
import { stored, storedList } from "./stored-fixture.js";

const header = {
  id: 7,
  author: `Alice <${storedList.invitee}>`,
  recipients: [storedList.address],
  ccList: [],
  read: false,
};
const own: OpenedView = { ...openedView, author: { ...openedView.author, standing: "you" } };

/** What was opened and what was marked when a mail arrives that opens as `view`. */
async function arriving(view: OpenedView | null, mail: object = header) {
  const arrived = new FakeEvent<[object, { readonly messages: readonly object[] }]>();
  const done: string[] = [];
  let ready: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    ready = resolve;
  });
  resetHost();
  Object.assign(host, {
    messages: {
      onNewMailReceived: arrived,
      update: async (id: number, { read }: { readonly read: boolean }) => {
        done.push(`marked ${id} ${read}`);
      },
    },
    compose: {},
    messageDisplay: {},
    identities: {},
  });
  await update(() => ({
    stored: { ...stored, lists: { [storedList.address]: storedList } },
    result: undefined,
  }));
  watchOwnPosts(async ({ id }) => {
    if (id === 99) ready();
    else done.push(`opened ${id}`);
    return id === 99 ? null : view;
  });
  // mails of one arrival are looked at in their order: when the last one is opened, the first one has been dealt with
  arrived.tell({}, { messages: [mail, { ...header, id: 99 }] });
  await ended;
  return done;
}

test("one's own post is marked as read", async () => {
  expect(await arriving(own)).toEqual(["opened 7", "marked 7 true"]);
});

test("a mail of others, to others, or one that is read already is not even opened", async () => {
  expect(await arriving(own, { ...header, author: "Bob <bob@example.test>" })).toEqual([]);
  expect(await arriving(own, { ...header, recipients: ["bob@example.test"] })).toEqual([]);
  expect(await arriving(own, { ...header, read: true })).toEqual([]);
});

// attack: somebody's words under the person's name, or old words sent again, which the person is not to notice
test.each<[string, OpenedView | null]>([
  ["that does not open", null],
  ["by another key", { ...own, author: { ...own.author, standing: "changed" } }],
  ["that did not come through the list", { ...own, passage: { via: "own-copy" } }],
  ["in a foreign shell", { ...own, shell: "elsewhere" }],
  ["that was sent again", { ...own, remarks: [{ kind: "sent-again" }] }],
])("a mail under the person's name %s stays unread", async (_, view) => {
  expect(await arriving(view)).toEqual(["opened 7"]);
});
