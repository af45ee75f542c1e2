import type { OwnedList } from "../../src/extension/records/owned-list.js";
import {
  noSerials,
  type StoredList,
  type StoredMemberKey,
  type StoredOwner,
} from "../../src/extension/records/stored.js";
import { noEpoch } from "../../src/extension/records/stored-epoch.js";
import { toBase64 } from "../../src/mail/base64.js";
import { outerSubject } from "../../src/mail/fixed-texts.js";
import { type Address, localPartOf, parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import type { CopyShape } from "../../src/mail/part-types.js";
import { type Letter, writePayload } from "../../src/mail/payload.js";
import { writeCopy } from "../../src/mail/sealed-mail.js";
import { noHistory } from "../../src/membership/roster/state.js";
import {
  generateKey,
  generateMemberKey,
  type OpeningKey,
  openAtServer,
  prepareReseal,
  resealFor,
  type SealingKey,
  sealingHalf,
  sealPost,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../src/protocol/index.js";

/**
 * A list that no server runs: its keys are real, its copies are what its server would send, and what its members' and its
 * owner's add-ons would have kept is written down directly. For the tests that look at what is shown.
 */

/** Somebody with a member key. */
export interface MadePerson {
  readonly address: Address;
  readonly name: string;
  readonly key: OpeningKey<"member">;
}

/** What is not the same in every letter. */
export type LetterParts = Pick<Letter, "subject" | "messageId"> &
  Partial<Pick<Letter, "text" | "html" | "attachments" | "references">>;

const DAY_MS = 86_400_000;

/** ISO 8601, so many days from today. */
export const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

/** Makes somebody a member key. @param since when it was made, if not now */
export async function makePerson(address: string, name: string, since?: Date): Promise<MadePerson> {
  const dated = since === undefined ? {} : { date: since };
  const key = await generateMemberKey({ address, name, profile: "compatible", ...dated });
  return { address: parseAddress(address), name, key };
}

/** A member key as an add-on keeps it. */
export async function keyRecord(person: MadePerson): Promise<StoredMemberKey> {
  return {
    fingerprint: person.key.fingerprint,
    address: person.address,
    userId: userIdOf(person.key),
    certificate: toBase64(writeSealingKey(sealingHalf(person.key))),
    secret: toBase64(await writeOpeningKey(person.key)),
    locked: false,
    createdAt: inDays(-40),
    expiresAt: inDays(690),
    revokedAt: null,
  };
}

export class MadeList {
  readonly address: Address;
  readonly name: string;
  readonly listKey: OpeningKey<"list">;
  readonly server: OpeningKey<"server">;
  readonly owners: readonly MadePerson[];

  private constructor(
    made: Pick<MadeList, "address" | "name" | "listKey" | "server"> & {
      readonly owners: readonly MadePerson[];
    },
  ) {
    this.address = made.address;
    this.name = made.name;
    this.listKey = made.listKey;
    this.server = made.server;
    this.owners = made.owners;
  }

  /** @param since when its keys were made, if not now */
  static async make(
    address: string,
    name: string,
    owners: readonly MadePerson[],
    since?: Date,
  ): Promise<MadeList> {
    const list = parseAddress(address);
    const dated = since === undefined ? {} : { date: since };
    const keys = { address: list, profile: "compatible", ...dated } as const;
    return new MadeList({
      ...{ address: list, name, owners },
      listKey: await generateKey("list", keys),
      server: await generateKey("server", keys),
    });
  }

  get serverCertificate(): SealingKey<"server"> {
    return sealingHalf(this.server);
  }

  /** The owners as readers know them. */
  ownerRecords(): readonly StoredOwner[] {
    return this.owners.map(({ address, key }) => ({
      fingerprint: key.fingerprint,
      certificate: toBase64(writeSealingKey(sealingHalf(key))),
      userId: userIdOf(key),
      address,
      from: 0,
      to: null,
    }));
  }

  async #words() {
    return {
      address: this.address,
      name: this.name,
      requestAddress: requestAddress(this.address),
      mode: "key",
      delivery: "resealed",
      profile: "compatible",
      listKey: toBase64(await writeOpeningKey(this.listKey)),
      listKeyFingerprint: this.listKey.fingerprint,
      formerListKeys: [],
      serverCertificate: toBase64(writeSealingKey(this.serverCertificate)),
      serverFingerprint: this.server.fingerprint,
      owners: this.ownerRecords(),
    } as const;
  }

  /** The list as a member's add-on keeps it. */
  async record(member: MadePerson): Promise<StoredList> {
    return {
      ...(await this.#words()),
      formerServers: [],
      serials: noSerials,
      invitee: member.address,
      introduction: null,
      introductionSecret: null,
      certified: null,
      memberKey: member.key.fingerprint,
      importedAt: inDays(-40),
      membership: "member",
      role: "member",
    };
  }

  /** The list as its owner's add-on keeps it, with these members beside the owner. */
  async ownedRecord(owner: MadePerson, members: readonly MadePerson[]): Promise<OwnedList> {
    const all = [owner, ...members];
    const role = (one: MadePerson) => (one === owner ? "owner" : "member");
    const since = inDays(-40);
    return {
      ...(await this.#words()),
      ownerAddress: owner.address,
      ownerKey: owner.key.fingerprint,
      claim: { kind: "confirmed", at: since },
      invitations: [],
      history: {
        ...noHistory,
        hashes: all.map((_, place) => String(place + 1).repeat(64)),
        members: Object.fromEntries(
          all.map((one) => [
            one.address,
            {
              fingerprint: one.key.fingerprint,
              role: role(one),
              since,
              by: one === owner ? "claim" : "introduction",
              certificate: toBase64(writeSealingKey(sealingHalf(one.key))),
            } as const,
          ]),
        ),
      },
      heads: [],
      awaited: [],
      members: all.map((one) => ({
        ...{ address: one.address, name: one.name, fingerprint: one.key.fingerprint, role: role(one), since },
        ...{ delivery: "on", keyExpires: inDays(690), bounces: 0 },
      })),
      membersAt: inDays(0),
      held: 0,
      refusals: [],
      rekeying: null,
      serverMove: null,
      telling: null,
      notices: [],
      epoch: noEpoch,
      alarms: [],
    };
  }

  /** The copy of a letter that the list's server would send to `reader`, as it lies in their folder. */
  async copyFor(
    reader: MadePerson,
    author: MadePerson,
    parts: LetterParts,
    shape: CopyShape = "encrypted",
  ): Promise<Uint8Array> {
    const date = new Date();
    const from = { address: author.address, name: author.name };
    const to = [{ address: this.address }];
    const letter: Letter = {
      ...{ from, to, cc: [], date, references: [], attachments: [] },
      ...parts,
      author: { certificate: writeSealingKey(sealingHalf(author.key)) },
    };
    const payload = writePayload(letter, { subject: outerSubject(this.address), from, to });
    const { messageId, references } = letter;
    return this.copyOf(reader, author, { payload, messageId, references, date }, shape);
  }

  /** The same of a payload that another program has written. Its author, id and date are those in it. */
  async copyOf(
    reader: MadePerson,
    author: MadePerson,
    sealed: {
      readonly payload: Uint8Array;
      readonly messageId: string;
      readonly references?: readonly string[];
      readonly date: Date;
    },
    shape: CopyShape = "encrypted",
  ): Promise<Uint8Array> {
    const { payload, messageId, references = [], date } = sealed;
    const named = { address: this.address, key: sealingHalf(this.listKey) };
    const post = await sealPost({
      mode: "key",
      payload,
      messageId,
      list: named,
      server: this.serverCertificate,
      author: author.key,
      date,
    });
    const opened = await openAtServer(post, {
      ...{ list: named, server: this.server, author: sealingHalf(author.key) },
      // the server got it when it was written, years ago maybe
      now: date,
    });
    const prepared = await prepareReseal(opened, {
      ...{ list: named, server: this.server, roster: { number: 3, hash: "3".repeat(64) } },
    });
    const { head, shared, tail } = writeCopy({
      shape,
      list: this.address,
      listName: this.name,
      from: { address: this.address, name: `${author.name} via ${this.name}` },
      replyTo: { address: this.address },
      to: { address: reader.address },
      messageId,
      references,
      date,
      sealed: await resealFor(prepared, sealingHalf(reader.key)),
    });
    return Buffer.concat([head, shared, tail]);
  }

  /** The word before "@". */
  get slug(): string {
    return localPartOf(this.address);
  }
}
