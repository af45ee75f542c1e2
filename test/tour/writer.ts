import { join } from "node:path";
import { z } from "zod";
import { searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import { addressOf, World } from "../world/world.js";
import { WritingDesk } from "../world/writing-desk.js";
import { openNewest } from "./journey.js";
import { newMarker } from "./letter.js";
import { LISTS, type ListPlan, type OwnedList, Owner } from "./owner.js";
import { Person } from "./person.js";

const [team] = LISTS;
if (team === undefined) throw new Error("a list is needed");

/** The list that is written to. */
export const TEAM: ListPlan = team;

/** Stands in every signature of Alice's. */
export const SIGNATURE = "Alice of the Signature";

/** Alice has a second account with a server of its own for sending, and signatures. */
const secondAccount = (port: number) => ({
  "mail.accountmanager.accounts": "account1,account2,account3",
  "mail.account.account3.identities": "id2",
  "mail.account.account3.server": "server3",
  "mail.server.server3.type": "imap",
  "mail.server.server3.hostname": "127.0.0.2",
  "mail.server.server3.userName": "carol",
  "mail.server.server3.name": "second account",
  "mail.server.server3.login_at_startup": false,
  "mail.server.server3.check_new_mail": false,
  "mail.server.server3.directory-rel": "[ProfD]ImapMail/second",
  "mail.identity.id2.fullName": "Alice elsewhere",
  "mail.identity.id2.useremail": addressOf("carol"),
  "mail.identity.id2.smtpServer": "smtp2",
  "mail.identity.id2.valid": true,
  "mail.identity.id2.compose_html": true,
  "mail.identity.id2.fcc": false,
  "mail.identity.id2.htmlSigText": `<b>${SIGNATURE}</b>, elsewhere`,
  "mail.identity.id2.htmlSigFormat": true,
  "mail.identity.id1.htmlSigText": `<i>${SIGNATURE}</i>`,
  "mail.identity.id1.htmlSigFormat": true,
  "mail.smtpservers": "smtp1,smtp2",
  "mail.smtpserver.smtp2.hostname": "127.0.0.1",
  "mail.smtpserver.smtp2.port": port,
  "mail.smtpserver.smtp2.try_ssl": 0,
  "mail.smtpserver.smtp2.authMethod": 1,
  "mail.smtpserver.smtp2.type": "smtp",
});

/** What the add-on keeps outlives its temporary installation; going offline and back asks nothing. */
const quiet = {
  "extensions.webextensions.keepStorageOnUninstall": true,
  "extensions.webextensions.keepUuidOnUninstall": true,
  "extensions.webextOptionalPermissionPrompts": false,
  "offline.send.unsent_messages": 2,
  "offline.download.download_messages": 2,
};

/** Alice at her desk, who writes to a sealed list, and Bob, who reads it. */
export class Writer {
  readonly world: World;
  readonly owner: Owner;
  readonly list: OwnedList;
  readonly alice: Person;
  readonly desk: WritingDesk;
  readonly bob: Person;
  /** Mails of the list that each member has got. */
  received = 0;
  /** Everything secret that was written, the newest last. */
  readonly markers: string[] = [];

  private constructor(world: World, owner: Owner, list: OwnedList, alice: Person, bob: Person) {
    this.world = world;
    this.owner = owner;
    this.list = list;
    this.alice = alice;
    this.bob = bob;
    this.desk = new WritingDesk(alice.thunderbird);
  }

  /** Preferences of Alice's Thunderbird, also for opening it again. */
  static preferences(world: World) {
    return { ...secondAccount(world.submissionPortOf("carol")), ...quiet };
  }

  /** Starts a world in which both have joined the list. The caller stops `world`. */
  static async start(): Promise<Writer> {
    const world = await World.start();
    try {
      return await Writer.#in(world);
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  static async #in(world: World): Promise<Writer> {
    await world.listServer.initialise();
    const owner = await Owner.inWorld(world);
    const list = await owner.found(TEAM);
    const [alice, bob] = await Promise.all([
      Person.arrive(world, "alice", Writer.preferences(world)),
      Person.arrive(world, "bob", { "extensions.webextOptionalPermissionPrompts": false }),
    ]);
    for (const person of [alice, bob]) {
      const certificate = await person.join([await owner.invite(list, person.address)]);
      await world.listServer.addMember(list.address, person.address, person.fullName, certificate);
    }
    await world.listServer.start();
    return new Writer(world, owner, list, alice, bob);
  }

  /** What left Alice's Thunderbird by one of her two accounts. */
  submitted(wire = "alice-to-postfix"): readonly Buffer[] {
    return this.world.recorder
      .since()
      .filter(({ recording }) => recording.wire === wire && recording.direction === "up")
      .map(({ bytes }) => bytes);
  }

  /** How many connections have handed over a mail. */
  submissions(): number {
    return this.submitted().filter((bytes) => /\r\nDATA\r\n|BDAT/.test(bytes.toString("latin1"))).length;
  }

  /** What the compose button says. */
  async label(): Promise<string> {
    return (await this.alice.ui.composeActionState(this.alice.addon.id)).label;
  }

  async labelled(words: string): Promise<void> {
    await until(`the button to say ${words}`, async () =>
      (await this.label()) === words ? true : undefined,
    );
  }

  sealed(plan: ListPlan = TEAM): Promise<void> {
    return this.labelled(`Encrypted for ${plan.name}`);
  }

  /** Waits for words in the button's title. */
  async titled(words: string): Promise<void> {
    await until(`the title ${words}`, async () =>
      (await this.alice.ui.composeActionState(this.alice.addon.id)).title.includes(words) ? true : undefined,
    );
  }

  /** A fresh secret. */
  mark(): string {
    const marker = newMarker();
    this.markers.push(marker);
    return marker;
  }

  /** Begins a mail with a marker in subject and body. */
  async begin(to: string, words = "", files: readonly { readonly path: string }[] = []): Promise<string> {
    const marker = this.mark();
    await this.alice.ui.compose({ to, subject: `題 ${marker}`, html: `<p>${words} ${marker}</p>`, files });
    return marker;
  }

  /** Opens Alice's newest copy in one of her folders and waits until it is shown opened. */
  async show(marker: string, folder: "INBOX" | "Sent"): Promise<void> {
    await openNewest(this.alice, TEAM, marker, { folder, count: this.received });
  }

  /** Alice's mail on her own disk. */
  localMail(): string {
    return join(this.alice.thunderbird.profile, "Mail");
  }

  /** Waits until a draft with these words lies on Alice's own disk. */
  async draftHere(words: string): Promise<void> {
    await until("the draft here", () =>
      searchPaths([this.localMail()], words).findings.length > 0 ? true : undefined,
    );
  }

  serverDrafts() {
    return this.world.dovecot.mails("alice", "Drafts");
  }

  /** Without those that are marked as deleted (the flag T of a Maildir) and wait to be expunged. */
  openDrafts() {
    return this.serverDrafts().filter(({ file }) => !/:2,[A-Z]*T[A-Z]*$/.test(file));
  }

  /** The conversation that the newest compose window says it goes on with. */
  threadInComposer(addon = this.alice.addon): Promise<string> {
    return addon.inBackground(
      z.string(),
      `async () => {
        const tabs = (await messenger.tabs.query({})).filter((tab) => tab.type === "messageCompose");
        const { customHeaders } = await messenger.compose.getComposeDetails(tabs.at(-1).id);
        return customHeaders.find(({ name }) => name === "X-Listseal-Thread")?.value ?? "";
      }`,
    );
  }
}
