import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dovecot, startDovecot } from "./dovecot.js";
import { ListServer } from "./list-server.js";
import { freePort } from "./ports.js";
import { type Postfix, startPostfix } from "./postfix.js";
import { Recorder, type Wire } from "./recorder.js";
import { type Roundcube, startRoundcube } from "./roundcube.js";
import { startThunderbird, type Thunderbird } from "./thunderbird.js";
import { type Display, startXvfb } from "./xvfb.js";

/** Domain of the people. */
export const PEOPLE_DOMAIN = "example.test";
/** Domain of the lists. */
export const LISTS_DOMAIN = "lists.example";

/** Who lives in the private mail world. */
export const PEOPLE = ["alice", "bob", "carol", "eve"] as const;
export type PersonName = (typeof PEOPLE)[number];

/** Name as it stands in From and in texts. */
export const fullNameOf = (person: PersonName): string => person[0]?.toUpperCase() + person.slice(1);
/** Mail address of a person. */
export const addressOf = (person: PersonName): string => `${person}@${PEOPLE_DOMAIN}`;

/** Both wires of one person: their provider's submission and IMAP ports, listened to. */
interface PersonsWires {
  readonly smtp: Wire;
  readonly imap: Wire;
}

/** What a world is made with. */
export interface WorldOptions {
  /** Use this display instead of an Xvfb of our own. */
  readonly display?: Display;
  /** Keep the folder when the world ends. */
  readonly keepFolder?: boolean;
}

/**
 * A private mail world on loopback in a temporary folder:
 *
 *     Thunderbirds --SMTP--> Postfix --SMTP--> list server --SMTP--> Postfix --LMTP--> Dovecot --IMAP--> Thunderbirds
 *
 * Every arrow is a wire with a recorder on it. Nothing reaches out of loopback, and everything that was started is
 * stopped by its own process id. Needs root: Postfix and Dovecot serve several users.
 */
export class World {
  static readonly #open = new Set<World>();
  readonly folder: string;
  readonly display: Display;
  readonly recorder: Recorder;
  readonly dovecot: Dovecot;
  readonly postfix: Postfix;
  readonly listServer: ListServer;
  readonly #wires: ReadonlyMap<PersonName, PersonsWires>;
  readonly #thunderbirds = new Map<PersonName, Thunderbird>();
  #roundcube: Roundcube | undefined;
  readonly #keepFolder: boolean;

  private constructor(parts: {
    readonly folder: string;
    readonly display: Display;
    readonly recorder: Recorder;
    readonly dovecot: Dovecot;
    readonly postfix: Postfix;
    readonly listServer: ListServer;
    readonly wires: ReadonlyMap<PersonName, PersonsWires>;
    readonly keepFolder: boolean;
  }) {
    this.folder = parts.folder;
    this.display = parts.display;
    this.recorder = parts.recorder;
    this.dovecot = parts.dovecot;
    this.postfix = parts.postfix;
    this.listServer = parts.listServer;
    this.#wires = parts.wires;
    this.#keepFolder = parts.keepFolder;
  }

  /** Stops whatever is open: for a program that is interrupted. Postfix and Dovecot would outlive it. */
  static async stopAll(): Promise<void> {
    await Promise.allSettled([...World.#open].map((world) => world.stop()));
  }

  /** Starts mail servers, wires and display. The list server is there but does not serve yet; nor does a Thunderbird. */
  static async start(options: WorldOptions = {}): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "listseal-world-"));
    // Postfix and Dovecot drop root and still have to reach their folders.
    chmodSync(folder, 0o755);
    const undo: (() => Promise<void>)[] = [];
    try {
      const display = options.display ?? (await startXvfb(folder));
      undo.push(() => display.stop());
      const recorder = new Recorder(join(folder, "wires"));
      undo.push(() => recorder.close());
      mkdirSync(join(folder, "dovecot"));
      const dovecot = await startDovecot(join(folder, "dovecot"));
      undo.push(() => dovecot.stop());
      const listPort = await freePort();
      const toLists = await recorder.open("postfix", "list-server", listPort);
      const toStore = await recorder.open("postfix", "dovecot", dovecot.lmtpPort);
      const postfix = await startPostfix(join(folder, "postfix"), {
        lists: { domain: LISTS_DOMAIN, port: toLists.port },
        people: { domain: PEOPLE_DOMAIN, port: toStore.port },
      });
      undo.push(() => postfix.stop());
      const relay = await recorder.open("list-server", "postfix", postfix.smtpPort);
      const listServer = new ListServer(join(folder, "list-server"), listPort, relay.port);
      const wires = new Map<PersonName, PersonsWires>();
      for (const person of PEOPLE) {
        wires.set(person, {
          smtp: await recorder.open(person, "postfix", postfix.smtpPort),
          imap: await recorder.open(person, "dovecot", dovecot.imapPort),
        });
      }
      const keepFolder = options.keepFolder === true;
      const world = new World({ folder, display, recorder, dovecot, postfix, listServer, wires, keepFolder });
      World.#open.add(world);
      return world;
    } catch (error) {
      for (const step of undo.reverse()) await step();
      if (options.keepFolder !== true) rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The port at which a person's provider takes mail: for a second account in somebody's Thunderbird. */
  submissionPortOf(person: PersonName): number {
    const wires = this.#wires.get(person);
    if (wires === undefined) throw new Error(`Nobody is called ${person}`);
    return wires.smtp.port;
  }

  /** Opens a person's Thunderbird (the profile stays when it is quit and opened again). */
  async openThunderbird(
    person: PersonName,
    preferences: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<Thunderbird> {
    const wires = this.#wires.get(person);
    if (wires === undefined) throw new Error(`Nobody is called ${person}`);
    const thunderbird = await startThunderbird({
      account: {
        user: person,
        fullName: fullNameOf(person),
        address: addressOf(person),
        imapPort: wires.imap.port,
        smtpPort: wires.smtp.port,
      },
      folder: this.folderOf(person),
      display: this.display,
      preferences,
    });
    this.#thunderbirds.set(person, thunderbird);
    return thunderbird;
  }

  /** Starts the people's webmail, with recorded wires of its own to Dovecot and Postfix. */
  async openRoundcube(): Promise<Roundcube> {
    const imap = await this.recorder.open("roundcube", "dovecot", this.dovecot.imapPort);
    const smtp = await this.recorder.open("roundcube", "postfix", this.postfix.smtpPort);
    const ports = { imap: imap.port, smtp: smtp.port };
    this.#roundcube = await startRoundcube(join(this.folder, "roundcube"), PEOPLE_DOMAIN, ports);
    return this.#roundcube;
  }

  /** Everything on a person's own machine. */
  folderOf(person: PersonName): string {
    return join(this.folder, "people", person);
  }

  /** Files and folders of the list server: data folder, database, logs. */
  listServerPaths(): readonly string[] {
    return [join(this.folder, "list-server")];
  }

  /** Files and folders of the mail servers in between: queue, logs, IMAP store. */
  mailServerPaths(): readonly string[] {
    return [this.postfix.folder, join(this.folder, "dovecot")];
  }

  /** Ends everything and removes the folder. Safe to call when half of it has gone. */
  async stop(): Promise<void> {
    World.#open.delete(this);
    await Promise.all([...this.#thunderbirds.values()].map((thunderbird) => thunderbird.quit()));
    await this.#roundcube?.stop();
    await this.listServer.stop();
    await this.postfix.stop();
    await this.dovecot.stop();
    await this.recorder.close();
    await this.display.stop();
    if (!this.#keepFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}
