/**
 * People with the add-on and nothing else: its background code as it is, its worker's jobs, and a storage for each person;
 * mail goes to a real list server in this process and comes back from its relay. One person acts at a time ({@link Addon.as}).
 */

import { arrivals, watchRecordHeads, watchRidingNotices } from "../../src/extension/app/handlers/incoming.js";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { takeRidingNotice } from "../../src/extension/member/riding-notice.js";
import { GATHER_MS } from "../../src/extension/owner/epoch-state.js";
import { packetsAnswered } from "../../src/extension/owner/epochs.js";
import { keptFile } from "../../src/extension/owner/invitation-files.js";
import { AddonError } from "../../src/extension/platform/errors.js";
import { type SentMail, setHost } from "../../src/extension/platform/host.js";
import { type OpenedMail, openSealed } from "../../src/extension/reading/opening.js";
import { openPrivateMail } from "../../src/extension/reading/private-reading.js";
import type { OwnedList } from "../../src/extension/records/owned-list.js";
import { changeOwned, loadOwned } from "../../src/extension/records/owned-storage.js";
import { load } from "../../src/extension/records/storage.js";
import type { StoredList, StoredMemberKey } from "../../src/extension/records/stored.js";
import { type Incoming, type IncomingHandlers, takePart } from "../../src/extension/requests/incoming.js";
import { loadRequests } from "../../src/extension/requests/pending.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { fromBase64, toBase64 } from "../../src/mail/base64.js";
import { domainOf, makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { partTypes } from "../../src/mail/part-types.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { fromParts, writeSubmission } from "../../src/mail/sealed-mail.js";
import type { CommandName } from "../../src/membership/request/command-names.js";
import { readOpeningKey, readSealingKey } from "../../src/openpgp/keys.js";
import { readListOpener } from "../../src/openpgp/list-keys.js";
import { newMessageId } from "../../src/protocol/seal-post.js";
import { teamAddress } from "../server/asking.js";
import { submit } from "../server/dialogue.js";
import { type PlayServer, seal } from "../server/play-server.js";
import { local, session } from "./fake-host.js";

let acting: Addon | undefined;

watchRecordHeads();
watchRidingNotices();
setHost({
  accountOf: async (address) => (acting?.address === address ? { name: acting.name } : null),
  listsChanged: async () => undefined,
  forgetIndexed: async () => undefined,
  send: async ({ to, sealed }) => {
    if (acting?.mayNotSend) throw new AddonError("may-not-send", "the right was not granted");
    await acting?.submit(parseAddress(to), sealed);
    return "sent";
  },
  // a browser has no folders
  get sentMail() {
    return acting === undefined || acting.inBrowser ? null : sentMailOf(acting);
  },
  lookForArrivals: async () => undefined,
  writeMail: async () => undefined,
  sendMail: async () => undefined,
  sendSealed: async ({ from, to, subject, part }) => {
    if (acting?.mayNotSend) throw new AddonError("may-not-send", "the right was not granted");
    acting?.sentAlone.push({ from, to, subject, sealed: part.bytes });
    return "sent";
  },
  saveFile: async () => undefined,
  keepCopies: async () => undefined,
  renewViews: () => undefined,
});

function sentMailOf(addon: Addon): SentMail {
  return {
    find: async (messageId) =>
      addon.sent.filter((raw) => idOf(raw) === messageId).map((raw) => async () => new Uint8Array(raw)),
    async send({ from, to, parts }) {
      if (addon.mayNotSend) throw new AddonError("may-not-send", "the right was not granted");
      const sealed = fromParts(parts.map(({ name, type, bytes }) => ({ name, type: partType(type), bytes })));
      if ("kind" in sealed) throw new Error("no sealed parts");
      const sender = parseAddress(from);
      const raw = writeSubmission({
        from: makeMailbox(addon.name, sender),
        list: parseAddress(to),
        date: new Date(),
        messageId: newMessageId(domainOf(sender)),
        sealed,
      });
      addon.sentAgain++;
      const { code } = await submit(addon.server.port, { sender: from, recipient: to, raw });
      if (code !== 250) throw new AddonError("not-sent", `the server said ${code}`);
      return "sent";
    },
  };
}

/** Message-ID of a mail as it stands in its header. */
const idOf = (raw: Uint8Array): string | undefined =>
  /^Message-ID: (<.*>)\r$/m.exec(Buffer.from(raw).toString("latin1"))?.[1];

function partType(type: string) {
  const known = Object.values(partTypes).find((each) => each === type);
  if (known === undefined) throw new Error("no part of a sealed post");
  return known;
}

/** What became of a mail: an answer or news that was taken, a post that was read, or words of the server in clear. */
type Fetched =
  | Incoming
  | Awaited<ReturnType<typeof openSealed | typeof openPrivateMail>>
  | { readonly kind: "ordinary" };

async function take(raw: Uint8Array, handlers: IncomingHandlers = arrivals): Promise<Fetched> {
  const read = await readMail({ raw });
  if (read.kind === "sealed") {
    await takeRidingNotice(read.riding, read);
    return openSealed({ ...read, parts: async () => read.parts });
  }
  if (read.kind === "private") return openPrivateMail(read);
  const { arriving } = read;
  const arrived = arriving && (await takePart(arriving, async () => arriving.sealed, handlers));
  return arrived ?? { kind: "ordinary" };
}

const unknown = { kind: "refused", code: "unsupported-version" } as const;

/** As if the list's server were of an older version, which keeps no notice of a new list key until the list changes over. */
export const withOlderServer = (handlers: IncomingHandlers = arrivals): IncomingHandlers => ({
  ...handlers,
  answers: {
    ...handlers.answers,
    "list-key-notice": (asked) => packetsAnswered(asked, unknown),
  },
});

/** As if it were of one that takes no notice that is sealed once: each member's copy goes there whole. */
export const withOldestServer = (handlers: IncomingHandlers = arrivals): IncomingHandlers =>
  withOlderServer({
    ...handlers,
    answers: {
      ...handlers.answers,
      "shared-notice": (asked, _, date) => handlers.answers.notice(asked, unknown, date),
    },
  });

export class Addon {
  readonly name: string;
  readonly address: string;
  /** Where their mail goes, and comes from. */
  server: PlayServer;
  /** Mail of theirs gets lost, or is kept back, without anybody's telling. */
  unheard = false;
  /** Thunderbird was not asked yet whether the add-on may send: a new computer. */
  mayNotSend = false;
  /** What runs the add-on has no folders, and can't send. */
  inBrowser = false;
  /** The mails in Sent, of posts. */
  readonly sent: Uint8Array[] = [];
  /** Letters to one member, which go past the server. */
  readonly sentAlone: { from: string; to: string; subject: string; sealed: Uint8Array }[] = [];
  /** How many posts the add-on has sent by itself. */
  sentAgain = 0;
  /** Who is told of what arrives. */
  handlers: IncomingHandlers = arrivals;
  #local = new Map<string, unknown>();
  #session = new Map<string, unknown>();
  readonly #kept: Uint8Array[] = [];
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
    if (this.unheard) return;
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
  fetch(): Promise<readonly Fetched[]> {
    return this.as(() => this.#fetch());
  }

  async #fetch(): Promise<readonly Fetched[]> {
    const taken: Fetched[] = [];
    while (this.#unread > 0) {
      const at = this.#fetched.get(this.server) ?? 0;
      this.#fetched.set(this.server, at + 1);
      const raw = this.#mails()[at]?.raw ?? new Uint8Array();
      this.#kept.push(raw);
      taken.push(await take(raw, this.handlers));
    }
    return taken;
  }

  /** Takes a mail that came from elsewhere than the list's server. */
  takes(raw: Uint8Array): Promise<Fetched> {
    return this.as(() => take(raw, this.handlers));
  }

  /** Looks at all mail once more that was fetched, with other handlers than the add-on's. */
  looksAgain(handlers: IncomingHandlers): Promise<readonly Fetched[]> {
    return this.as(async () => {
      const taken: Fetched[] = [];
      for (const raw of this.#kept) taken.push(await take(raw, handlers));
      return taken;
    });
  }

  /** Waits for mail and puts it aside, unlooked at. */
  async receives(): Promise<void> {
    await this.server.sink.until(() => this.#unread > 0);
    const at = this.#fetched.get(this.server) ?? 0;
    for (const { raw } of this.#mails().slice(at)) this.#kept.push(raw);
    this.#fetched.set(this.server, this.#mails().length);
  }

  /** Waits for mail and takes what is here then; what comes while that is taken stays unread. */
  async takesNext(): Promise<void> {
    const before = this.#kept.length;
    await this.receives();
    await this.as(async () => {
      for (const raw of this.#kept.slice(before)) await take(raw, this.handlers);
    });
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

  /** Fetches until none of this kind waits. */
  answered(what: CommandName): Promise<void> {
    return this.as(async () => {
      for (;;) {
        await this.#fetch();
        if (!(await loadRequests()).pending.some((one) => one.do === what)) return;
        await this.server.sink.until(() => this.#unread > 0);
      }
    });
  }

  /** Fetches once a mail has come that was not fetched yet, and then as {@link settled}. */
  async hears(): Promise<void> {
    await this.server.sink.until(() => this.#unread > 0);
    await this.settled();
  }

  /** The member key that the list knows them by, as it is kept now. */
  async key(): Promise<StoredMemberKey> {
    const stored = await this.as(load);
    const key = stored.memberKeys[stored.lists[teamAddress]?.memberKey ?? ""];
    if (key === undefined) throw new Error(`${this.name} has no key`);
    return key;
  }

  /**
   * Writes to the list, through the server that they use.
   * @param before a key as it was before, as a thief would
   * @param toFormerServer sealed to the server key before
   */
  async posts(text: string, before?: StoredMemberKey, toFormerServer = false): Promise<void> {
    const { server, address, name } = this;
    const known = await this.list();
    const { secret, certificate } = before ?? (await this.key());
    const row = await server.service.store.listByAddress(teamAddress);
    if (row === undefined) throw new Error("no list");
    const list = {
      list: row,
      address: teamAddress,
      key: await readListOpener(fromBase64(known.listKey), known.profile),
      server: await readSealingKey(
        "server",
        fromBase64((toFormerServer ? known.formerServers.at(-1) : undefined) ?? known.serverCertificate),
      ),
    };
    const author = { name, address, key: await readOpeningKey("member", fromBase64(secret)) };
    const brings = {
      certificate: fromBase64(certificate),
      ...(known.introduction === null ? {} : { introduction: fromBase64(known.introduction) }),
    };
    const { raw } = await seal(list, author, { text, brings });
    // as a mail program, which has Message-IDs of its own
    const mail = Buffer.from(raw)
      .toString("latin1")
      .replace(/^Message-ID: .*\r$/m, `Message-ID: ${newMessageId("people.test")}\r`);
    this.sent.push(Buffer.from(mail, "latin1"));
    const { code } = await server.submit(list, author, Buffer.from(mail, "latin1"));
    if (code !== 250) throw new Error(`the server said ${code}`);
  }

  /** Reads the post that has this text; waits for it, if it is not here yet. */
  async reads(text: string): Promise<OpenedMail> {
    for (;;) {
      await this.fetch();
      const found = await this.#find(text);
      if (found !== undefined) return found;
      await this.server.sink.until(() => this.#unread > 0);
    }
  }

  /** Reads a post once more that was read before. */
  async again(text: string): Promise<OpenedMail> {
    const found = await this.#find(text);
    if (found === undefined) throw new Error("no such post was read");
    return found;
  }

  /** The newest first. */
  async #find(text: string): Promise<OpenedMail | undefined> {
    for (const raw of this.#kept.toReversed()) {
      const found = await this.as(() => take(raw));
      if ("opened" in found && found.opened.letter.letter.text?.trim() === text) return found.opened;
    }
    return undefined;
  }

  /** How often each text came, so far. */
  async timesRead(): Promise<Readonly<Record<string, number>>> {
    await this.server.untilQuiet();
    await this.settled();
    const times: Record<string, number> = {};
    for (const raw of this.#kept) {
      const found = await this.as(() => take(raw));
      const text = "opened" in found ? (found.opened.letter.letter.text?.trim() ?? "") : null;
      if (text !== null) times[text] = (times[text] ?? 0) + 1;
    }
    return times;
  }

  owned(): Promise<OwnedList> {
    return this.as(() => loadOwned(teamAddress));
  }

  async list(): Promise<StoredList> {
    const list = (await this.as(load)).lists[teamAddress];
    if (list === undefined) throw new Error(`${this.name} has no list`);
    return list;
  }

  async claim(card: Uint8Array, listKey: "pair" | "secret" = "pair"): Promise<void> {
    const { address, name } = this;
    const claim = { file: toBase64(card), address, name, passphrase: null, listKey };
    await this.as(() => calls["owner:claim"](claim));
    await this.settled();
  }

  /** An owner invites; the other joins; both have heard of it. */
  async invites(guest: Addon): Promise<void> {
    await guest.joins(await this.invitationFor(guest));
    await this.hears();
  }

  /** An owner makes an invitation: the file in base64, and its code. */
  invitationFor(guest: Addon): Promise<{ readonly file: string; readonly code: string }> {
    const list = teamAddress;
    return this.as(async () => {
      const made = await calls["owner:invite"]({ list, address: guest.address, name: null, days: 7 });
      const { codes } = await calls["owner:codes"]({ list });
      const told = codes.find(({ introduction }) => introduction === made.introduction);
      const { bytes } = await keptFile(made.introduction);
      return { file: toBase64(new Uint8Array(bytes)), code: told?.code ?? "no code" };
    });
  }

  /** Joins with an invitation, and hears the server's answer. */
  async joins(invitation: { readonly file: string; readonly code: string }): Promise<void> {
    await this.as(() => calls["join:start"]({ ...invitation, name: this.name, passphrase: null }));
    await this.settled();
  }

  /** As if the hour that a new list key waits for others had passed for an owned list. It makes none yet. */
  async waitsAnHour(list: string): Promise<void> {
    await this.as(() =>
      changeOwned(list, (owned) => {
        const { due } = owned.epoch;
        const since = new Date(Date.now() - GATHER_MS).toISOString();
        return { ...owned, epoch: { ...owned.epoch, due: due && { ...due, since } } };
      }),
    );
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
