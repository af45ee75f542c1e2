import { codeOf } from "../../src/extension/platform/errors.js";
import { requestAddress } from "../../src/mail/mailbox.js";
import {
  type Backup,
  backupFileName,
  makeBackupPassphrase,
  readBackup,
  typedPassphrase,
  writeBackup,
} from "../../src/membership/file/backup.js";
import { sealFile } from "../../src/membership/file/sealed-file.js";
import { readInvitation } from "../../src/membership/invitation/invitation.js";
import {
  CARD_LIFE_MS,
  cardFileName,
  claimDigest,
  isCard,
  makeClaimCode,
  readCard,
  type ServerCard,
  writeCard,
} from "../../src/membership/invitation/server-card.js";
import { armorSealingKey, generateKey, type OpeningKey, sealingHalf } from "../../src/openpgp/keys.js";
import { DAY, daysAgo, team } from "./chain.js";

const outcome = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return "read";
  } catch (thrown) {
    return codeOf(thrown, "worker-failed");
  }
};
const now = () => new Date(Math.floor(Date.now() / 1000) * 1000);

describe.each(["compatible", "rfc9580"] as const)("a server card (%s)", (profile) => {
  let server: OpeningKey<"server">;
  let card: Omit<ServerCard, "server">;
  let file: Uint8Array;
  beforeAll(async () => {
    server = await generateKey("server", { address: team, profile, date: daysAgo(30) });
    card = {
      listAddress: team,
      listName: "Team 計画",
      requestAddress: requestAddress(team),
      mode: "key",
      delivery: "resealed",
      profile,
      code: makeClaimCode(),
      expires: new Date(now().getTime() + CARD_LIFE_MS),
      listKeys: ["pair", "secret"],
    };
    file = await writeCard(card, server);
  });

  test("comes back whole", async () => {
    const { server: certificate, ...rest } = await readCard(file);
    expect(rest).toEqual(card);
    expect(armorSealingKey(certificate)).toBe(armorSealingKey(sealingHalf(server)));
    expect(isCard(file)).toBe(true);
    expect(cardFileName(card)).toBe("team-server.listseal");
  });

  test("is refused when it has run out, was altered or cut, or is another kind of file", async () => {
    expect(await outcome(readCard(file, new Date(Date.now() + 8 * DAY)))).toBe("card-expired");
    expect(await outcome(readCard(file, daysAgo(1)))).toBe("from-the-future");
    expect(await outcome(readCard(file.subarray(0, 900)))).toBe("card-damaged");
    expect(await outcome(readCard(new Uint8Array(0)))).toBe("card-damaged");
    const at = Buffer.from(file).indexOf(card.code);
    const altered = Uint8Array.from(file);
    altered[at] = altered[at] === 0x30 ? 0x31 : 0x30;
    expect(await outcome(readCard(altered))).toBe("card-damaged");
    expect(await outcome(readCard(new Uint8Array(65 * 1024)))).toBe("too-large");
    const backup = await writeBackup({ made: now(), sections: {} }, "a passphrase of mine");
    expect(await outcome(readCard(backup))).toBe("card-damaged");
    expect(isCard(backup)).toBe(false);
  });

  test("of another's making says another fingerprint", async () => {
    const impostor = await generateKey("server", { address: team, profile });
    const read = await readCard(await writeCard(card, impostor));
    expect(read.server.fingerprint).not.toBe(server.fingerprint);
  });
});

test("a claim code is kept as a digest", async () => {
  const code = makeClaimCode();
  expect(code).toMatch(/^[0-9a-f]{32}$/);
  expect(await claimDigest(code)).toMatch(/^[0-9a-f]{64}$/);
  expect(await claimDigest(code)).not.toBe(await claimDigest(makeClaimCode()));
});

describe("a backup", () => {
  const backup: Backup = { made: now(), sections: { lists: [{ name: "Team 計画" }], pins: {} } };
  const passphrase = makeBackupPassphrase();
  let file: Uint8Array;
  beforeAll(async () => {
    file = await writeBackup(backup, passphrase);
  });

  test("comes back whole under the passphrase that was made, however it is typed", async () => {
    expect(await readBackup(file, ` ${passphrase.replaceAll("-", " ")}`)).toEqual(backup);
    expect(backupFileName(backup)).toMatch(/^listseal-backup-\d{4}-\d\d-\d\d\.listseal$/);
  });

  test("opens in no other way", async () => {
    expect(await outcome(readBackup(file, makeBackupPassphrase()))).toMatch(
      /^(wrong-passphrase|backup-damaged)$/,
    );
    const last = passphrase.at(-1) === "0" ? "1" : "0";
    expect(await outcome(readBackup(file, passphrase.slice(0, -1) + last))).toBe("wrong-passphrase");
    expect(await outcome(readBackup(file, "short"))).toBe("wrong-passphrase");
    expect(await outcome(readBackup(file.subarray(0, -20), passphrase))).toBe("backup-damaged");
    expect(await outcome(readBackup(new Uint8Array(50), passphrase))).toBe("backup-damaged");
  });

  test("of a later version, or another kind, is refused before anything is read", async () => {
    const seal = { code: passphrase, profile: "compatible", date: now() } as const;
    const later = await sealFile({ listseal: 2, kind: "backup", sections: {} }, seal);
    expect(await outcome(readBackup(later, passphrase))).toBe("unsupported-version");
    const other = await sealFile({ listseal: 1, kind: "invitation", sections: {} }, seal);
    expect(await outcome(readBackup(other, passphrase))).toBe("wrong-file-kind");
    const bare = await sealFile({ listseal: 1, kind: "backup", made: "today", sections: {} }, seal);
    expect(await outcome(readBackup(bare, passphrase))).toBe("backup-damaged");
    expect(await outcome(readInvitation(file, "00000-00000-00000-00000-00000"))).not.toBe("read");
  });

  test("takes a person's own passphrase, if it isn't short", async () => {
    expect(typedPassphrase("correct horse battery")).toEqual({
      kind: "own",
      passphrase: "correct horse battery",
    });
    expect(typedPassphrase("Ａé")).toEqual({ kind: "too-short" });
    const decomposed = "mon café préféré".normalize("NFD");
    const own = await writeBackup(backup, decomposed, "rfc9580");
    expect(await readBackup(own, decomposed.normalize("NFC"))).toEqual(backup);
  });
});
