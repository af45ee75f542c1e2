import { parseAddress } from "../../src/mail/mailbox.js";
import {
  assertIntroduced,
  certifyMember,
  makeIntroduction,
  readIntroduction,
} from "../../src/membership/introduction/introduction.js";
import { expiryOf, MEMBER_KEY_DAYS, renewMemberKey } from "../../src/membership/request/renewal.js";
import {
  assertUsable,
  generateKey,
  generateMemberKey,
  readOneCertificate,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";

const DAY = 86_400_000;
const address = parseAddress("bob@example.test");
const team = parseAddress("team@lists.example");

test.each(["compatible", "rfc9580"] as const)(
  "a renewed key (%s) is the same key, good for longer, and still introduced",
  async (profile) => {
    const olga = await generateMemberKey({ address: parseAddress("olga@example.test"), profile });
    const listKey = await generateKey("list", { address: team, profile });
    const list = { address: team, fingerprints: [listKey.fingerprint], owners: [sealingHalf(olga)] };
    const made = new Date(Date.now() - 10 * DAY);
    const key = await generateMemberKey({
      address,
      name: "Bob Example",
      profile,
      date: made,
      expiresInSeconds: 11 * 86_400,
    });
    const joinBy = new Date("2100-01-01T00:00:00Z");
    const terms = { list: team, listKey: listKey.fingerprint, address, joinBy };
    const introduction = await makeIntroduction(olga, terms, profile);
    const introduced = await certifyMember(introduction, key, list);
    const now = new Date();
    const renewed = await renewMemberKey(introduced, now);

    expect(renewed.fingerprint).toBe(key.fingerprint);
    const expires = await expiryOf(renewed);
    expect(Math.abs((expires?.getTime() ?? 0) - now.getTime() - MEMBER_KEY_DAYS * DAY)).toBeLessThan(2 * DAY);
    const certificate = await readOneCertificate(writeSealingKey(sealingHalf(renewed)));
    // the day after it would have run out; and before the renewal, for what was signed then
    await assertUsable(certificate, new Date(Date.now() + 5 * DAY));
    await assertUsable(certificate, new Date(made.getTime() + DAY));
    const later = new Date(Date.now() + 5 * DAY);
    await expect(assertUsable(introduced.secret.toPublic(), later)).rejects.toMatchObject({
      code: "key-expired",
    });
    const proven = await readIntroduction(writeSealingKey(sealingHalf(introduction)), list, now);
    await assertIntroduced(certificate, proven, now);
  },
);
