/** Opens a private letter with the product's own code: as Bob, whom it is for, or as Alice, who wrote it. */
import { emptyStored, noSerials, type StoredList } from "../../src/extension/records/stored.js";
import { openPrivateLetter } from "../../src/extension/worker/private-letters.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { toBase64 } from "../../src/mail/base64.js";
import { remarksOnPrivate } from "../../src/mail/outer-header.js";
import { sealingHalf, writeOpeningKey, writeSealingKey } from "../../src/openpgp/keys.js";
import { LIST, NOW, type VectorCast } from "./cast.js";
import type { Facts } from "./mail-format.js";
import { aboutOf, coded } from "./open-mail.js";
import { castOf } from "./open-vector.js";

/** The list as a member knows it; `other-list` was its key before. */
async function knownList({ listKey, serverKey, otherListKey, profile }: VectorCast): Promise<StoredList> {
  return {
    address: LIST,
    name: "Team",
    requestAddress: "team-request@lists.example",
    ...{ mode: "key", delivery: "resealed", profile },
    listKey: toBase64(await writeOpeningKey(listKey)),
    listKeyFingerprint: listKey.fingerprint,
    formerListKeys: [
      {
        listKey: toBase64(await writeOpeningKey(otherListKey)),
        fingerprint: otherListKey.fingerprint,
        graceEnds: NOW.toISOString(),
      },
    ],
    serverCertificate: toBase64(writeSealingKey(sealingHalf(serverKey))),
    serverFingerprint: serverKey.fingerprint,
    ...{ formerServers: [], owners: [], serials: noSerials, invitee: "bob@example.test" },
    ...{ introduction: null, introductionSecret: null, certified: null, memberKey: null },
    ...{ importedAt: NOW.toISOString(), membership: "member", role: "member" },
  };
}

/** What comes of such a mail. */
export function openPrivateMail(facts: Facts, raw: Uint8Array): Promise<Facts> {
  return coded(async () => {
    const read = await readMail({ raw });
    if (read.kind !== "private") return { expect: "not-sealed" };
    const role = facts["role"] === "author" ? "author" : "member";
    const cast = await castOf(aboutOf(facts, role));
    const own = role === "author" ? cast.alice : cast.bob;
    const opened = await openPrivateLetter({
      sealed: read.sealed,
      lists: [await knownList(cast)],
      secrets: [toBase64(await writeOpeningKey(own))],
      pins: emptyStored.pins,
      now: NOW.toISOString(),
    });
    if (opened.kind === "not-for-me") return { expect: "not-for-me" };
    const { letter, list } = opened;
    const inside = { author: letter.from.address, subject: letter.subject };
    const remarks = read.outer === null ? [] : remarksOnPrivate(read.outer, inside);
    return {
      expect: "opened",
      subject: letter.subject,
      list,
      ...(remarks.length === 0 ? {} : { remarks: remarks.join(" ") }),
    };
  });
}
