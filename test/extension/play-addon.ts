/**
 * People with the add-on and nothing else: its background code as it is, its worker's jobs, and a storage for each person;
 * mail goes to a real list server in this process and comes back from its relay. One person acts at a time ({@link Addon.as}).
 */
import { arrivals } from "../../src/extension/background/answers.js";
import { calls } from "../../src/extension/background/calls.js";
import { type Reading, read } from "../../src/extension/background/received.js";
import { toBase64 } from "../../src/extension/base64.js";
import { keptFile } from "../../src/extension/owner/invitation-files.js";
import type { OwnedList } from "../../src/extension/owner/owned.js";
import { loadOwned } from "../../src/extension/owner/owned-storage.js";
import { type Arrived, takeArrival } from "../../src/extension/requests/arrivals.js";
import { loadRequests } from "../../src/extension/requests/pending.js";
import { load } from "../../src/extension/storage.js";
import type { StoredList } from "../../src/extension/stored.js";
import type { MessageHeader, NewMessage } from "../../src/extension/thunderbird.js";
import { domainOf, makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { makeCode } from "../../src/membership/code.js";
import { newMessageId } from "../../src/protocol/seal.js";
import { teamAddress } from "../server/asking.js";
import { submit } from "../server/dialogue.js";
import type { PlayServer } from "../server/play-server.js";
import { local, pretend, session } from "./fake-host.js";
import { type TakenApart, takeApart } from "./mime-tree.js";

/** Mails that were fetched, by the id that the host gives them. */
const mailbox: TakenApart[] = [];
let acting: Addon | undefined;

function mail(id: number): TakenApart {
  const found = mailbox[id];
  if (found === undefined) throw new Error("no such mail");
  return found;
}

const nobody = async () => [];
pretend({
  compose: {},
  messageDisplay: {},
  accounts: {
    list: async () => [{ id: "a1", type: "imap", identities: [{ id: "id1", email: acting?.address ?? "" }] }],
  },
  identities: { get: async () => ({ id: "id1", name: acting?.name ?? "" }) },
  messages: {
    getFull: async (id: number) => mail(id).tree,
    getAttachmentFile: async (id: number, part: string) => mail(id).files.get(part),
    query: async () => ({ id: null, messages: await nobody() }),
    sendMessage: async ({ to, attachments }: NewMessage) => {
      const [recipient] = to;
      const sealed = await attachments[0]?.file.arrayBuffer();
      if (acting === undefined || recipient === undefined || sealed === undefined) throw new Error("no mail");
      await acting.submit(parseAddress(recipient), new Uint8Array(sealed));
      return { mode: "sendNow" };
    },
  },
});

export class Addon {
  readonly name: string;
  readonly address: string;
  /** Where their mail goes, and comes from. */
  server: PlayServer;
  #local = new Map<string, unknown>();
  #session = new Map<string, unknown>();
  readonly #fetched = new Map<PlayServer, number>();

  constructor(name: string, server: PlayServer) {
    this.name = name;
    this.address = `${name.toLowerCase()}@people.test`;
    this.server = server;
  }

  /** Does something on this person's computer. */
  async as<T>(work: () => Promise<T>): Promise<T> {
    if (acting !== undefined) throw new Error("somebody else acts");
    acting = this;
    const before = [local.exchange(this.#local), session.exchange(this.#session)] as const;
    try {
      return await work();
    } finally {
      this.#local = local.exchange(before[0]);
      this.#session = session.exchange(before[1]);
      acting = undefined;
    }
  }

  async submit(recipient: ReturnType<typeof parseAddress>, sealed: Uint8Array): Promise<void> {
    const from = parseAddress(this.address);
    const raw = writeRequestMail({
      kind: "request",
      list: teamAddress,
      from: makeMailbox(this.name, from),
      to: makeMailbox(undefined, recipient),
      date: new Date(),
      messageId: newMessageId(domainOf(from)),
      sealed,
    });
    const { code } = await submit(this.server.port, { sender: from, recipient, raw });
    if (code !== 250) throw new Error(`the server said ${code}`);
  }

  #mails() {
    return this.server.sink.for(this.address);
  }

  get #unread(): number {
    return this.#mails().length - (this.#fetched.get(this.server) ?? 0);
  }

  /** Takes the mail that has come: answers and news by their handlers, posts by reading them. */
  fetch(): Promise<readonly (Arrived | Reading)[]> {
    return this.as(() => this.#fetch());
  }

  async #fetch(): Promise<readonly (Arrived | Reading)[]> {
    const taken: (Arrived | Reading)[] = [];
    while (this.#unread > 0) {
      const at = this.#fetched.get(this.server) ?? 0;
      this.#fetched.set(this.server, at + 1);
      const raw = this.#mails()[at]?.raw ?? new Uint8Array();
      const header = keepMail(raw);
      taken.push(
        (await takeArrival(header, mail(header.id).tree, arrivals)) ??
          (await read(header, "in-its-own-shell")),
      );
    }
    return taken;
  }

  /** Fetches until nothing that was asked waits for its answer. */
  settled(): Promise<void> {
    return this.as(async () => {
      for (;;) {
        await this.#fetch();
        if ((await loadRequests()).pending.length === 0) return;
        await this.server.sink.until(() => this.#unread > 0);
      }
    });
  }

  /** Fetches once a mail has come that was not fetched yet, and then as {@link settled}. */
  async hears(): Promise<void> {
    await this.server.sink.until(() => this.#unread > 0);
    await this.settled();
  }

  owned(): Promise<OwnedList> {
    return this.as(() => loadOwned(teamAddress));
  }

  async list(): Promise<StoredList> {
    const list = (await this.as(load)).lists[teamAddress];
    if (list === undefined) throw new Error(`${this.name} has no list`);
    return list;
  }

  async claim(card: Uint8Array): Promise<void> {
    const { address, name } = this;
    await this.as(() => calls["owner:claim"]({ file: toBase64(card), address, name, passphrase: null }));
    await this.settled();
  }

  /** An owner invites; the other joins; both have heard of it. */
  async invites(guest: Addon): Promise<void> {
    const code = makeCode();
    const list = teamAddress;
    const file = await this.as(async () => {
      const made = await calls["owner:invite"]({ list, address: guest.address, code, days: 7 });
      return (await keptFile(made.introduction)).bytes;
    });
    await guest.as(() =>
      calls["join:start"]({ file: toBase64(new Uint8Array(file)), code, name: guest.name, passphrase: null }),
    );
    await guest.settled();
    await this.hears();
  }

  /** What an owner's page asks for about another member. */
  async about(other: Addon, what: "remove" | "owner" | "member" | "moderator" | "read-only"): Promise<void> {
    const fingerprint = (await other.list()).memberKey ?? "";
    const named = { list: teamAddress, address: other.address, fingerprint };
    await this.as(() =>
      what === "remove" ? calls["owner:remove"](named) : calls["owner:set-role"]({ ...named, role: what }),
    );
    await this.settled();
  }

  async tells(): Promise<void> {
    await this.as(() => calls["owner:tell"]({ list: teamAddress }));
    await this.settled();
  }
}

function keepMail(raw: Uint8Array): MessageHeader {
  const id = mailbox.push(takeApart(raw)) - 1;
  return {
    ...{ id, headerMessageId: `${id}@host`, author: "", recipients: [], ccList: [], subject: "" },
    ...{ date: new Date(), size: raw.length },
  };
}
