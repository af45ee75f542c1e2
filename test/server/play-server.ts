/**
 * A list server to play with, in the test's own process: a list with members, a relay that keeps what it gets, and
 * people who write sealed posts and open their copies with their own keys.
 */

import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outerSubject } from "../../src/mail/fixed-texts.js";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import type { CopyShape } from "../../src/mail/part-types.js";
import { type Letter, readPayload, writePayload } from "../../src/mail/payload.js";
import { readSealedMail, writeSubmission } from "../../src/mail/sealed-mail.js";
import {
  generateKey,
  generateMemberKey,
  type OpeningKey,
  type Profile,
  readSealingKey,
  type SealingKey,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { listSealer } from "../../src/openpgp/list-keys.js";
import type { Opener, SharedSecret } from "../../src/openpgp/secrets.js";
import type { DeliveryMode, Mode, SealedMessage } from "../../src/protocol/message.js";
import { type OpenResult, openPost } from "../../src/protocol/open-post.js";
import { newMessageId, sealPost } from "../../src/protocol/seal-post.js";
import {
  type AdminContext,
  addMember,
  createList,
  type MemberRequest,
  removeMember,
} from "../../src/server/admin/administration.js";
import { backUp, restore } from "../../src/server/admin/backup.js";
import { type DataFolder, dataFolder, makeFolders } from "../../src/server/base/data-folder.js";
import { type LogTarget, openLog } from "../../src/server/base/log.js";
import { type Service, type ServiceOptions, startService } from "../../src/server/serve/service.js";
import { openStore, type StorePlace } from "../../src/server/store/open-store.js";
import type { List } from "../../src/server/store/store.js";
import { type Answer, submit } from "./dialogue.js";
import { Sink } from "./sink.js";
import { inFolder, newPlace } from "./store-places.js";

/** Somebody with an address and a member key. */
export interface Person {
  readonly name: string;
  readonly address: string;
  readonly key: OpeningKey<"member">;
}

/** A fresh person; nobody's member yet. */
export async function person(name: string, profile: Profile = "compatible"): Promise<Person> {
  const address = `${name.toLowerCase()}@people.test`;
  return { name, address, key: await generateMemberKey({ name, address, profile }) };
}

/** A list with its keys, as its members hold them. */
export interface PlayList {
  readonly list: List;
  readonly address: string;
  readonly key: OpeningKey<"list">;
  readonly server: SealingKey<"server">;
}

/** What {@link PlayServer.seal} may be told to do otherwise than the add-on does. */
export interface PostWish {
  readonly text?: string;
  readonly html?: string;
  readonly subject?: string;
  readonly attachments?: Letter["attachments"];
  readonly messageId?: string;
  readonly date?: Date;
  readonly mode?: Mode;
  /** Header From, if not the author's. */
  readonly from?: Person;
  readonly inReplyTo?: string;
  /** The Message-ID that the letter itself says it continues, inside its seals. */
  readonly continues?: string;
  /** What the letter brings of its author, if not their bare certificate. */
  readonly brings?: { readonly certificate: Uint8Array; readonly introduction?: Uint8Array };
  /** What the outer seal is under, if not the list's server key. */
  readonly server?: SharedSecret<"server">;
}

/** A sealed post: what is sealed, and the whole mail. */
export interface SealedPost {
  readonly messageId: string;
  readonly sealed: SealedMessage;
  readonly raw: Uint8Array;
}

export class PlayServer {
  readonly folder: DataFolder;
  readonly place: StorePlace;
  readonly sink: Sink;
  /** Every line that the server logged. */
  readonly logged: string[] = [];
  #service: Service | undefined;

  private constructor(folder: DataFolder, place: StorePlace, sink: Sink) {
    this.folder = folder;
    this.place = place;
    this.sink = sink;
  }

  /** An empty server, not running yet. */
  static async make(relay: "smtp" | "lmtp" = "smtp"): Promise<PlayServer> {
    const folder = dataFolder(await mkdtemp(join(tmpdir(), "listseal-")));
    await makeFolders(folder);
    const place = await newPlace(folder);
    await (await openStore(place)).close();
    return new PlayServer(folder, place, await Sink.open(relay));
  }

  /** Starts it; `restart` after {@link stop} uses the same folder and relay. */
  async start(
    protocol: "smtp" | "lmtp" = "smtp",
    relay: "smtp" | "lmtp" = "smtp",
    more: Partial<ServiceOptions> = {},
  ): Promise<Service> {
    const target: LogTarget = { write: (line) => this.logged.push(line) };
    this.#service = await startService({
      folder: this.folder,
      store: this.place,
      fronts: [{ protocol, host: "127.0.0.1", port: 0 }],
      relay: { protocol: relay, host: "127.0.0.1", port: this.sink.port, tls: "none" },
      log: openLog(target),
      lanes: 3,
      retryPauses: [0, 0, 0],
      ...more,
    });
    return this.#service;
  }

  /**
   * A second server with everything that this one has, its keys too, and a relay of its own: from now on they may tell
   * different people different things. Both run afterwards. For stores in the server's own folder.
   */
  async fork(): Promise<PlayServer> {
    await this.stop();
    const folder = dataFolder(await mkdtemp(join(tmpdir(), "listseal-")));
    await cp(this.folder.path, folder.path, { recursive: true });
    const twin = new PlayServer(folder, await inFolder(folder), await Sink.open());
    await this.start();
    await twin.start();
    return twin;
  }

  get service(): Service {
    if (this.#service === undefined) throw new Error("the server is not running");
    return this.#service;
  }

  get port(): number {
    return this.service.fronts[0]?.port ?? 0;
  }

  async stop(): Promise<void> {
    const running = this.#service;
    this.#service = undefined;
    await running?.stop();
  }

  /** A backup of the database as it is now, for {@link restore}. For stores in the server's own folder. */
  async backup(): Promise<string> {
    const file = join(this.folder.path, `backup-${randomUUID()}.db`);
    await backUp(this.folder, file, new Date());
    return file;
  }

  /** Stops, and starts from a backup as the operator's command does: what came since is lost, and every list waits for an owner's word. */
  async restore(backup: string): Promise<void> {
    await this.stop();
    await restore(this.folder, backup, new Date());
    await this.start();
  }

  /** Stops everything and removes the folder. */
  async discard(): Promise<void> {
    await this.stop();
    await this.sink.close();
    await rm(this.folder.path, { recursive: true });
  }

  /** As the operator's commands do: on the store, whether the server runs or not. */
  async office<T>(work: (office: AdminContext) => Promise<T>): Promise<T> {
    const store = await openStore(this.place);
    try {
      return await work({ store, folder: this.folder, now: () => Date.now() });
    } finally {
      await store.close();
    }
  }

  async createList(
    address: string,
    settings: { mode?: Mode; delivery?: DeliveryMode; profile?: Profile } = {},
  ): Promise<PlayList> {
    const { mode = "key", delivery = "resealed", profile = "compatible" } = settings;
    const key = await generateKey("list", { address, profile });
    const created = await this.office((office) =>
      createList(office, {
        address,
        name: "Team",
        mode,
        delivery,
        profile,
        listKey: writeSealingKey(sealingHalf(key)),
      }),
    );
    const server = await readSealingKey("server", created.list.serverCertificate);
    return { list: created.list, address, key, server };
  }

  async join(
    list: PlayList,
    who: Person,
    shape: CopyShape = "encrypted",
    secrets: Pick<MemberRequest, "copiesSecret" | "postsSecret"> = {},
  ): Promise<void> {
    const certificate = writeSealingKey(sealingHalf(who.key));
    const { address, name } = who;
    await this.office((office) =>
      addMember(office, list.address, { address, name, certificate, shape, ...secrets }),
    );
  }

  async remove(list: PlayList, who: Person): Promise<void> {
    await this.office((office) => removeMember(office, list.address, who.address));
  }

  /** Submits to the list's address. */
  submit(list: Pick<PlayList, "address">, from: Person, raw: Uint8Array | string): Promise<Answer> {
    return submit(this.port, { sender: from.address, recipient: list.address, raw });
  }

  /** Seals a post of `author` and submits it. */
  async post(list: PlayList, author: Person, wish: PostWish = {}): Promise<Answer> {
    return this.submit(list, author, (await seal(list, author, wish)).raw);
  }

  /** Resolves once nothing waits in the queue and no copy is on its way. */
  async untilQuiet(): Promise<void> {
    while ((await this.service.store.queueCounts()).waiting > 0) {
      this.service.wake();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** What `author`'s add-on would send. */
export async function seal(
  list: Omit<PlayList, "key"> & { readonly key: Opener<"list"> },
  author: Person,
  wish: PostWish = {},
): Promise<SealedPost> {
  const messageId = wish.messageId ?? newMessageId("people.test");
  const date = wish.date ?? new Date();
  const address = parseAddress(list.address);
  const from = makeMailbox(author.name, parseAddress(author.address));
  const payload = writePayload(
    {
      from,
      to: [{ address }],
      cc: [],
      subject: wish.subject ?? "The true subject",
      date,
      messageId,
      references: wish.continues === undefined ? [] : [wish.continues],
      text: wish.text ?? "Hello",
      ...(wish.html === undefined ? {} : { html: wish.html }),
      attachments: wish.attachments ?? [],
      author: wish.brings ?? { certificate: writeSealingKey(sealingHalf(author.key)) },
    },
    { subject: outerSubject(address), from, to: [{ address }] },
  );
  const sealed = await sealPost({
    mode: wish.mode ?? list.list.mode,
    payload,
    messageId,
    list: { address: list.address, key: listSealer(list.key) },
    server: wish.server ?? list.server,
    author: author.key,
    date,
  });
  const shown = wish.from ?? author;
  const raw = writeSubmission({
    from: makeMailbox(shown.name, parseAddress(shown.address)),
    list: address,
    date,
    messageId,
    ...(wish.inReplyTo === undefined ? {} : { inReplyTo: wish.inReplyTo }),
    sealed,
  });
  return { messageId, sealed, raw };
}

/** What `reader`'s add-on makes of a copy: it trusts that the payload names its author, as a test may. */
export async function open(
  list: PlayList,
  reader: Person,
  raw: Uint8Array,
  secrets: readonly SharedSecret<"member" | "server">[] = [],
): Promise<OpenResult> {
  const mail = await readSealedMail(raw);
  if (mail.kind !== "sealed") throw new Error("not a sealed mail");
  return openPost(
    mail.sealed,
    {
      member: [reader.key],
      secrets,
      list: { address: list.address, key: list.key },
      server: list.server,
    },
    async (payload) => {
      const letter = await readPayload(payload);
      if (letter.author === undefined) throw new Error("no author's certificate");
      return {
        author: await readSealingKey("member", letter.author.certificate),
        messageId: letter.messageId,
      };
    },
  );
}

/** The text that `reader` sees in a copy. @throws if it does not open */
export async function textOf(list: PlayList, reader: Person, raw: Uint8Array): Promise<string> {
  const opened = await open(list, reader, raw);
  if (opened.kind !== "opened") throw new Error("the copy does not open");
  return (await readPayload(opened.payload)).text?.trim() ?? "";
}
