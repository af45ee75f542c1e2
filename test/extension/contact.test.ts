/** A list in the person's address book: once, in a book of this computer, and as nothing but itself. */
import { addContact, cardOf, hasAddress } from "../../src/extension/app/thunderbird/contact.js";
import host, { resetHost } from "./fake-host.js";
import { haveThunderbird } from "./fake-thunderbird.js";

const board = { name: "Board", address: "board@lists.example" };
let cards: (readonly [book: string, vCard: string])[];
let books: { readonly id: string; readonly readOnly?: boolean; readonly remote?: boolean }[];

beforeEach(() => {
  resetHost();
  haveThunderbird();
  cards = [];
  books = [{ id: "ldap", remote: true }, { id: "system", readOnly: true }, { id: "personal" }];
  Object.assign(host, {
    addressBooks: {
      list: async () => books,
      contacts: {
        query: async ({ searchString }: { readonly searchString: string }) =>
          cards.flatMap(([, vCard]) => (vCard.includes(searchString) ? [{ vCard }] : [])),
        create: async (book: string, vCard: string) => void cards.push([book, vCard]),
      },
    },
  });
});

test("it goes into a book of this computer that can be written to, and no second time", async () => {
  await addContact(board);
  await addContact(board);
  expect(cards).toEqual([
    [
      "personal",
      "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Board\r\nEMAIL;PREF=1:board@lists.example\r\nEND:VCARD\r\n",
    ],
  ]);
});

test("an address that only ends with the list's is another one", async () => {
  await addContact({ name: "Notice board", address: "notice-board@lists.example" });
  await addContact(board);
  expect(cards).toHaveLength(2);
  expect(
    hasAddress('BEGIN:VCARD\r\nitem1.EMAIL;TYPE="a:b":Board@Lists.example\r\nEND:VCARD', board.address),
  ).toBe(true);
});

const name = "Board\r\nEMAIL;PREF=1:eve@example.test\r\nNOTE:a, b; c\\n";

test("attack: written as it is, a list's name that goes on with a field of its own puts another address into the card", () => {
  const lines = cardOf(board).replace("FN:Board", `FN:${name}`).split("\r\n");
  expect(lines.find((line) => line.startsWith("EMAIL"))).toBe("EMAIL;PREF=1:eve@example.test");
});

test("a list whose name goes on with a field of its own is one name", () => {
  const lines = cardOf({ ...board, name }).split("\r\n");
  expect(lines.filter((line) => line.startsWith("EMAIL"))).toEqual(["EMAIL;PREF=1:board@lists.example"]);
  expect(lines[2]).toBe("FN:Board  EMAIL\\;PREF=1:eve@example.test  NOTE:a\\, b\\; c\\\\n");
});

test("without the right, or where nothing can be written, it says so", async () => {
  books = [];
  await expect(addContact(board)).rejects.toMatchObject({ code: "storage-failed" });
  Object.assign(host, { addressBooks: undefined });
  await expect(addContact(board)).rejects.toMatchObject({ code: "cancelled" });
});
