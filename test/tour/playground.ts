import type { Browser } from "../world/browser.js";
import { until } from "../world/processes.js";
import { addressOf, World } from "../world/world.js";
import { existingDisplay } from "../world/xvfb.js";
import { claimedList } from "./claimed-list.js";
import { LISTS, listAddress, Owner } from "./owner.js";
import { Person } from "./person.js";
import { webmailOf } from "./webmail.js";

/**
 * The main job with a person: the private mail world with everybody's Thunderbird on the display (Alice, Bob and Carol are
 * members of a list, Eve was removed), until Ctrl+C or until all windows are closed.
 */
const [plan] = LISTS;

async function main(): Promise<void> {
  const name = process.env["DISPLAY"];
  if (name === undefined || name === "" || plan === undefined)
    throw new Error("There is no display: set DISPLAY, or run npm start with CI=true for the tour.");
  const world = await World.start({ display: existingDisplay(name) });
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const closing: Browser[] = [];
  try {
    console.log("Opening a private mail world on this computer. It takes half a minute ...");
    await world.listServer.initialise();
    await world.listServer.start();
    const owner = await Owner.inWorld(world);
    const list = await claimedList(world, owner.key, plan);
    // as in ordinary use, it looks for new mail by itself. QUIRK: with login_at_startup Thunderbird 153 asks for the
    // password, in a modal window, before anybody could have told it one
    const preferences = {
      "mail.server.server1.check_new_mail": true,
      "mail.server.server1.check_time": 1,
      // its question whether ListSeal may send would wait for a person while the members join
      "extensions.webextOptionalPermissionPrompts": false,
    };
    const people: Person[] = [];
    for (const who of ["alice", "bob", "carol", "eve"] as const) {
      const person = await Person.arrive(world, who, preferences);
      await person.join([await owner.invite(list, person.address)]);
      await until(`${person.fullName} to be a member`, async () => {
        await person.ui.getNewMail();
        return (await person.addon.storage()).includes('"membership":"member"') || undefined;
      });
      people.push(person);
      console.log(`  ${person.fullName}'s Thunderbird is open, and ${person.fullName} is a member.`);
    }
    await world.listServer.removeMember(list.address, addressOf("eve"));
    console.log(instructions(listAddress(plan)));
    const [, bob] = people;
    if (process.argv.includes("--webmail") && bob !== undefined) {
      const roundcube = await world.openRoundcube();
      const { browser } = await webmailOf(world, bob, roundcube, true);
      closing.push(browser);
      console.log(inWebmail(roundcube.url));
    }
    await Promise.race([interrupted, Promise.all(people.map((person) => person.thunderbird.process.ended))]);
  } finally {
    for (const browser of closing) await browser.close().catch(() => undefined);
    console.log("Closing the private mail world ...");
    await world.stop();
  }
}

const instructions = (list: string) => `
Four Thunderbirds are open: Alice, Bob and Carol are members of a list; Eve was, until a moment ago, and still has
the list key. Their mail never leaves this computer.

  1. In Alice's window, click "New Message" and write to ${list}, with any subject, pictures and files.
     The button in the tool bar says "Encrypted for Team" by itself. Click Send.
  2. In Bob's (or Carol's) window, open the Inbox (the mail arrives by itself, or click "Get Messages") and read it.
     Above the text you see who wrote it and that it came through the list. "Save" saves an attachment.
  3. In Alice's window, look into Sent: the copy there is sealed, too, and she can open it.
  4. Nothing arrives in Eve's window. One command on the server removed her; nobody else was affected.
  5. To open the add-on's settings: menu > Add-ons and Themes > ListSeal > Preferences.

Ctrl+C ends everything and leaves nothing behind.
`;

const inWebmail = (url: string) => `
Bob also has Roundcube, in the Chromium window (${url}, any password): open a sealed mail there and click
"Reply to the list" in ListSeal's frame, or "New" and then "Encrypt to list" beside Send.
`;

await main();
process.exit(0);
