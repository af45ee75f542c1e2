/** Notifications of new messages: by author and true subject, and no more than the person wants to have on the screen. */
import {
  tellOfArrivals,
  watchNotifications,
} from "../../src/extension/app/thunderbird/arrival-notifications.js";
import type { IndexedMail } from "../../src/extension/mail-index/indexed-mail.js";
import { chooseNotifications } from "../../src/extension/mail-index/notification-choice.js";
import { update } from "../../src/extension/records/storage.js";
import host, { FakeEvent, local, resetHost } from "./fake-host.js";
import { haveThunderbird } from "./fake-thunderbird.js";
import { stored, storedList } from "./stored-fixture.js";

const told: string[] = [];
const clicked = new FakeEvent<[string]>();
const opened: number[] = [];

beforeAll(() => {
  haveThunderbird();
  Object.assign(host, {
    notifications: {
      create: async (_: string, { title, message }: { readonly title: string; readonly message: string }) =>
        void told.push(`${title}: ${message}`),
      onClicked: clicked,
    },
  });
});

beforeEach(async () => {
  resetHost();
  told.splice(0);
  await update(() => ({ stored, result: undefined }));
});

const mail = (more: Partial<IndexedMail> = {}): IndexedMail => ({
  ...{ id: "1@lists.example", folder: "f", list: storedList.address, subject: "Visa papers" },
  ...{ author: { name: "Olga", address: "olga@example.test" }, date: 1, unread: true, attachments: [] },
  ...{ messageId: "1@lists.example", references: [], doubtful: false },
  ...more,
});

test("nothing is told unless it was chosen, or if the choice can't be read", async () => {
  await tellOfArrivals([mail()]);
  await local.set({ notifications: { show: "everything" } });
  await tellOfArrivals([mail()]);
  expect(told).toEqual([]);
});

test("by author and subject, or without the subject", async () => {
  await chooseNotifications("subject");
  await tellOfArrivals([mail(), mail({ author: { name: null, address: "kenji@example.test" } })]);
  await chooseNotifications("author");
  await tellOfArrivals([mail()]);
  expect(told).toEqual([
    ...["Olga: Visa papers", "kenji@example.test: Visa papers", "Olga: New encrypted message"],
  ]);
});

// attack: a stranger under a member's name, who is believed at a glance
test("whose author is not certain says neither author nor subject", async () => {
  await chooseNotifications("subject");
  await tellOfArrivals([mail({ doubtful: true })]);
  expect(told).toEqual([`${storedList.name}: New encrypted message`]);
});

// attack: hundreds at once cover the whole screen
test("many at once are told of together", async () => {
  await chooseNotifications("subject");
  await tellOfArrivals([...Array(40).keys()].map((number) => mail({ subject: `Matter ${number}` })));
  expect(told).toHaveLength(4);
  expect(told.at(-1)).toContain("37");
});

test("a click opens the page of lists", async () => {
  Object.assign(host, {
    spaces: {
      query: async () => [{ id: 5 }],
      open: async (id: number) => void opened.push(id),
    },
  });
  watchNotifications();
  clicked.tell("one");
  await new Promise((resolve) => setImmediate(resolve));
  expect(opened).toEqual([5]);
});
