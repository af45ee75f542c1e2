/** What the add-on is measured with: mails of all sizes for one reader, sealed and in clear, and what it has to have stored. */

import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { toBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { textLeaf, writeEntity } from "../../src/mail/mime.js";
import { type Letter, writePayload } from "../../src/mail/payload.js";
import { writeCopy } from "../../src/mail/sealed-mail.js";
import {
  generateKey,
  generateMemberKey,
  openAtServer,
  type Profile,
  prepareReseal,
  resealFor,
  sealingHalf,
  sealPost,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../src/protocol/index.js";

/** How large a mail is. */
export interface Size {
  readonly label: string;
  /** Octets of its attachment. */
  readonly bytes: number;
}

export const kilobyte: Size = { label: "1 kB", bytes: 1000 };
export const megabyte: Size = { label: "1 MB", bytes: 1_000_000 };
export const ten: Size = { label: "10 MB", bytes: 10_000_000 };
export const twentyFive: Size = { label: "25 MB", bytes: 25_000_000 };

/** One mail, and the Message-ID by which Thunderbird finds it. */
export interface Mail {
  readonly messageId: string;
  readonly raw: Uint8Array;
}

export interface Mails {
  readonly sealed: readonly Mail[];
  readonly stored: Stored;
}

/** Octets that don't compress. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

const attachment = (bytes: number) => ({
  name: "noise.bin",
  type: "application/octet-stream",
  bytes: noise(bytes),
});

/** The same letters for nobody in particular, in clear. */
export function clearMails(reader: string, sizes: readonly Size[]): readonly Mail[] {
  return sizes.map(({ bytes }) => {
    const messageId = `<clear-${bytes}@example.test>`;
    return {
      messageId,
      raw: writeEntity(
        [
          ["From", "alice@example.test"],
          ["To", reader],
          ["Subject", `clear ${bytes}`],
          ["Date", new Date().toUTCString()],
          ["Message-ID", messageId],
          ["MIME-Version", "1.0"],
        ],
        {
          type: "multipart/mixed",
          parts: [textLeaf("words"), { ...attachment(bytes), disposition: "attachment" }],
        },
      ),
    };
  });
}

/** Copies of posts of each size as the reader's provider gets them, through a list of this profile. */
export async function sealedMails(profile: Profile, address: string, sizes: readonly Size[]): Promise<Mails> {
  const list = parseAddress(`team-${profile}@lists.example`);
  const listKey = await generateKey("list", { address: list, profile });
  const server = await generateKey("server", { address: list, profile });
  const author = await generateMemberKey({ address: "alice@example.test", name: "Alice", profile });
  const reader = await generateMemberKey({ address, profile });
  const named = { address: list, key: sealingHalf(listKey) };
  const sealed: Mail[] = [];
  for (const { bytes } of sizes) {
    const messageId = `<${profile}-${bytes}@example.test>`;
    const from = { address: parseAddress("alice@example.test") };
    const letter: Letter = {
      from,
      to: [{ address: list }],
      cc: [],
      subject: `sealed ${bytes}`,
      date: new Date(),
      messageId,
      references: [],
      text: "words",
      attachments: [attachment(bytes)],
      author: { certificate: writeSealingKey(sealingHalf(author)) },
    };
    const post = await sealPost({
      mode: "key",
      payload: writePayload(letter, { subject: "[Team] encrypted message", from, to: letter.to }),
      messageId,
      list: named,
      server: sealingHalf(server),
      author,
    });
    const opened = await openAtServer(post, { list: named, server, author: sealingHalf(author) });
    const prepared = await prepareReseal(opened, {
      list: named,
      server,
      roster: { number: 1, hash: "00".repeat(32) },
    });
    const { head, shared, tail } = writeCopy({
      shape: "encrypted",
      list,
      listName: "Team",
      from: { address: list },
      replyTo: { address: list },
      to: { address: parseAddress(address) },
      messageId,
      date: letter.date,
      sealed: await resealFor(prepared, sealingHalf(reader)),
    });
    sealed.push({ messageId, raw: Buffer.concat([head, shared, tail]) });
  }
  const secret = toBase64(await writeOpeningKey(reader));
  const now = new Date().toISOString();
  const stored: Stored = {
    ...emptyStored,
    lists: {
      [list]: {
        address: list,
        name: "Team",
        requestAddress: `team-${profile}-request@lists.example`,
        mode: "key",
        delivery: "resealed",
        profile,
        listKey: toBase64(await writeOpeningKey(listKey)),
        listKeyFingerprint: listKey.fingerprint,
        formerListKeys: [],
        serverCertificate: toBase64(writeSealingKey(sealingHalf(server))),
        serverFingerprint: server.fingerprint,
        formerServers: [],
        owners: [],
        serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
        invitee: address,
        introduction: null,
        introductionSecret: null,
        certified: null,
        memberKey: reader.fingerprint,
        importedAt: now,
        membership: "member",
        role: "member",
      },
    },
    memberKeys: {
      [reader.fingerprint]: {
        fingerprint: reader.fingerprint,
        address,
        userId: userIdOf(reader),
        certificate: toBase64(writeSealingKey(sealingHalf(reader))),
        secret,
        locked: false,
        createdAt: now,
        expiresAt: null,
        revokedAt: null,
      },
    },
  };
  return { sealed, stored };
}
