/** What the real gpg makes of our files and chains: nobody has to take our word for what is in them. */

import {
  certifyMember,
  checkIntroduction,
  makeIntroduction,
} from "../../src/membership/introduction/introduction.js";
import { noPins } from "../../src/membership/introduction/pins.js";
import {
  knownListOf,
  makeCode,
  readInvitation,
  writeInvitation,
} from "../../src/membership/invitation/invitation.js";
import { armorCertificate } from "../../src/openpgp/armor.js";
import { readOpeningKey, sealingHalf } from "../../src/openpgp/keys.js";
import {
  bobAddress,
  inTwoWeeks,
  mailOf,
  makeInvitation,
  person,
  publicBytes,
  team,
} from "../membership/chain.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";
import { describeWith, run } from "./tools.js";

describeWith(["gpg", "gpgconf"], "invitations, introductions and the real gpg", () => {
  let home: GpgHome;
  beforeAll(async () => {
    home = await makeGpgHome();
  });
  afterAll(() => home.close());

  /** Runs gpg in the home; gives its exit code, what it wrote, and what it said. */
  async function gpg(args: readonly string[], input?: Uint8Array | string) {
    const ran = await run("gpg", ["--batch", "--no-tty", "--status-fd", "2", ...args], {
      env: home.env,
      cwd: home.folder,
      ...(input === undefined ? {} : { input: Buffer.from(input) }),
    });
    return {
      code: ran.status,
      bytes: ran.stdout,
      out: Buffer.from(ran.stdout).toString("utf8"),
      said: ran.stderr,
    };
  }
  const withCode = (code: string) => ["--pinentry-mode", "loopback", "--passphrase", code];

  test("gpg opens an invitation with the code as it is shown, and checks the owner's signature", async () => {
    const { owner, invitation } = await makeInvitation("compatible");
    const code = makeCode();
    const file = "team-bob.listseal";
    await home.save(file, await writeInvitation(invitation, owner, code));

    const wrong = await gpg([...withCode(makeCode()), "-d", file]);
    expect(wrong.code).not.toBe(0);
    expect(wrong.out).toBe("");

    // the owner's certificate is inside: without it gpg shows the file and can't check who made it
    const unknown = await gpg([...withCode(code), "-d", file]);
    const content = JSON.parse(unknown.out);
    expect(content).toMatchObject({
      listseal: 1,
      kind: "invitation",
      list: { address: "team@lists.example", name: "Team \u8a08\u753b", mode: "key", profile: "compatible" },
      invitee: "bob@x.test",
    });
    expect(unknown.said).toContain("NO_PUBKEY");

    expect((await gpg(["--import"], content.owners[0])).code).toBe(0);
    const known = await gpg([...withCode(code), "-d", file]);
    expect(known.code).toBe(0);
    expect(known.out).toBe(unknown.out);
    expect(known.said).toContain("GOODSIG");
    expect(known.said).toContain("NOTATION_NAME kind@v1.listseal.example");
    expect(known.said).toContain("NOTATION_DATA invitation");

    // a member without the add-on takes the keys from here
    for (const key of [content.listKey, content.server]) expect((await gpg(["--import"], key)).code).toBe(0);
    expect((await gpg(["--list-secret-keys", "--with-colons"])).out).toContain(
      "ListSeal list key <team@lists.example>",
    );
  });

  test("gpg imports a certificate as a request brings it, whatever its length", async () => {
    const lengths = new Set<number>();
    // a number in a signature is now and then an octet shorter, so no name has a length of its own
    for (let name = "A"; lengths.size < 3 && name.length < 30; name += "a") {
      const certificate = publicBytes(await person("alice@x.test", "compatible", name));
      lengths.add(certificate.length % 3);
      expect((await gpg(["--import"], armorCertificate(certificate))).code).toBe(0);
    }
    expect(lengths.size).toBe(3);
  });

  test("gpg checks the chain owner -> introduction -> member and shows what it says", async () => {
    const { owner, invitation } = await makeInvitation("compatible");
    const bob = await certifyMember(
      invitation.introduction,
      await person("bob@x.test"),
      knownListOf(invitation),
    );
    for (const key of [owner, invitation.introduction, bob])
      expect((await gpg(["--import"], publicBytes(key))).code).toBe(0);
    const id = (key: { fingerprint: string }) => key.fingerprint.slice(-16).toUpperCase();
    /** The key ids whose certifications on this key gpg finds good. */
    const certifiers = async (key: { fingerprint: string }) =>
      (await gpg(["--check-sigs", "--with-colons", key.fingerprint])).out
        .split("\n")
        .map((line) => line.split(":"))
        .filter(([type, verdict]) => type === "sig" && verdict === "!")
        .map((fields) => fields[4]);
    expect(await certifiers(invitation.introduction)).toContain(id(owner));
    expect(await certifiers(bob)).toContain(id(invitation.introduction));
    const shown = (await gpg(["--list-options", "show-notations", "--check-sigs", bob.fingerprint])).out;
    expect(shown).toContain("kind@v1.listseal.example=member");
    expect(shown).toContain(
      `introduction@v1.listseal.example=${team} ${invitation.listKey.fingerprint} ${bobAddress}`,
    );
  });

  test.each(["rsa3072", "ed25519"])(
    "an owner and a member with keys that gpg made (%s)",
    async (algorithm) => {
      const make = async (userId: string) => {
        expect(
          (await gpg([...withCode(""), "--quick-gen-key", userId, algorithm, "default", "2y"])).code,
        ).toBe(0);
        const added = (await gpg(["--with-colons", "--list-keys", userId])).out;
        const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(added)?.[1] ?? "";
        const encryption = algorithm === "ed25519" ? "cv25519" : "rsa3072";
        expect(
          (await gpg([...withCode(""), "--quick-add-key", fingerprint, encryption, "encr", "2y"])).code,
        ).toBe(0);
        const exported = await gpg([...withCode(""), "--export-secret-keys", fingerprint]);
        return readOpeningKey("member", exported.bytes);
      };
      const owner = await make(`Olga ${algorithm} <olga@${algorithm}.test>`);
      const { invitation } = await makeInvitation("compatible");
      const terms = {
        list: team,
        listKey: invitation.listKey.fingerprint,
        address: bobAddress,
        joinBy: inTwoWeeks(),
      };
      const introduction = await makeIntroduction(owner, terms, "compatible");
      const code = makeCode();
      const ours = { ...invitation, owners: [sealingHalf(owner)], introduction, joinBy: terms.joinBy };
      const read = await readInvitation(await writeInvitation(ours, owner, code), code);
      const list = knownListOf(read);
      const bob = await certifyMember(read.introduction, await make(`Bob ${algorithm} <bob@x.test>`), list);
      expect(bob.secret.getUserIDs()).toEqual([`Bob ${algorithm} <bob@x.test>`, "<bob@x.test>"]);
      const { verdict } = await checkIntroduction(mailOf(bob, read.introduction), list, noPins);
      expect(verdict).toEqual({ kind: "introduced", by: owner.fingerprint });
      // gpg takes the key back with its new User ID, and it still expires when it did
      expect((await gpg(["--import"], publicBytes(bob))).code).toBe(0);
      const records = (await gpg(["--with-colons", "--list-keys", bob.fingerprint])).out;
      expect(records).toContain(":<bob@x.test>:");
      const expiry = await bob.secret.getExpirationTime();
      expect(records).toContain(`:${(expiry instanceof Date ? expiry.getTime() : 0) / 1000}:`);
    },
  );
});
