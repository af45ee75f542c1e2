import { mkdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTransport } from "nodemailer";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { requestTypes, writeRequestMail } from "../../src/mail/request-mail.js";
import { certifyMember } from "../../src/membership/introduction.js";
import { type Invitation, knownListOf, readInvitation } from "../../src/membership/invitation.js";
import { openNotice, writeReceipt } from "../../src/membership/notices.js";
import { type Command, newRequestId, writeRequest } from "../../src/membership/requests.js";
import { generateMemberKey, type OpeningKey, sealingHalf, writeSealingKey } from "../../src/protocol/keys.js";
import { newMessageId } from "../../src/protocol/seal.js";
import { type GpgHome, makeGpgHome } from "../interop/gpg-home.js";
import { run } from "../interop/tools.js";
import { MembersPage } from "../tour/members-page.js";
import { Person } from "../tour/person.js";
import { LOOPBACK } from "../world/ports.js";
import { until } from "../world/processes.js";
import {
  addressOf,
  fullNameOf,
  LISTS_DOMAIN,
  PEOPLE_DOMAIN,
  type PersonName,
  World,
} from "../world/world.js";

/** Pictures of what an owner sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/owner", import.meta.url));

const TEAM = `team@${LISTS_DOMAIN}`;

/**
 * An owner's first day: from the operator's command to a list with members, one of whom is removed. Who joins is played by
 * this program. In order: each test goes on where the one before has ended.
 */
describe("an owner in a real Thunderbird", () => {
  let world: World;
  let alice: Person;
  let page: MembersPage;
  let home: GpgHome;
  let card: Buffer;
  const joined = new Map<PersonName, { key: OpeningKey<"member">; invitation: Invitation }>();

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    const { stdout } = await world.listServer.createList(TEAM, "Team", { mode: "key", delivery: "resealed" });
    const path = /^server card\s+(.+)$/m.exec(stdout)?.[1];
    if (path === undefined) throw new Error(`The server named no card:\n${stdout}`);
    card = readFileSync(path);
    await world.listServer.start();
    home = await makeGpgHome();
    // Thunderbird's own question about the right to send is not what is tested here
    alice = await Person.arrive(world, "alice", { "extensions.webextOptionalPermissionPrompts": false });
  }, 240_000);

  afterAll(async () => {
    await home.close();
    await world.stop();
  }, 60_000);

  const look = async (name: string, selector?: string): Promise<void> => {
    if (selector !== undefined) await page.scrollTo(selector);
    await alice.picture(join(ALBUM, `${name}.png`));
  };

  /** Sends a request as somebody's own add-on would. */
  async function ask(
    name: PersonName,
    signers: readonly OpeningKey<"member" | "introduction">[],
    command: Command,
  ): Promise<void> {
    const invitation = joined.get(name)?.invitation;
    if (invitation === undefined) throw new Error(`${name} has no invitation`);
    const { listAddress, requestAddress, listKey, server } = invitation;
    const date = new Date(Math.floor(Date.now() / 1000) * 1000);
    const request = {
      id: newRequestId(),
      date,
      list: { address: listAddress, key: listKey.fingerprint },
      command,
    };
    const raw = writeRequestMail({
      kind: "request",
      list: listAddress,
      from: makeMailbox(fullNameOf(name), invitation.invitee),
      to: makeMailbox(undefined, requestAddress),
      date,
      messageId: newMessageId(PEOPLE_DOMAIN),
      sealed: await writeRequest(request, { signers, server }),
    });
    const { smtpPort } = world.postfix;
    const transport = createTransport({ host: LOOPBACK, port: smtpPort, secure: false, ignoreTLS: true });
    try {
      const envelope = { from: invitation.invitee, to: requestAddress };
      await transport.sendMail({ envelope, raw: Buffer.from(raw) });
    } finally {
      transport.close();
    }
  }

  /** Joins by the file and the code, as the invitee's add-on does. */
  async function join_(name: PersonName, file: Uint8Array, code: string): Promise<void> {
    const invitation = await readInvitation(file, code);
    const key = await certifyMember(
      invitation.introduction,
      await generateMemberKey({ address: addressOf(name), name: fullNameOf(name), profile: "compatible" }),
      knownListOf(invitation),
    );
    joined.set(name, { key, invitation });
    const introduction = writeSealingKey(sealingHalf(invitation.introduction));
    await ask(name, [invitation.introduction, key], {
      do: "join",
      name: fullNameOf(name),
      certificate: writeSealingKey(sealingHalf(key)),
      introduction,
      shape: "encrypted",
    });
  }

  /** What is sealed for somebody in their mails of this kind, by their own key. */
  function sealedFor(name: PersonName, kind: "notice" | "answer"): readonly Uint8Array[] {
    return world.dovecot.mails(name, "INBOX").flatMap(({ raw }) => {
      // a Maildir has bare line feeds
      const text = raw.toString("latin1").replaceAll("\r\n", "\n");
      const part = text.split(requestTypes[kind])[1]?.split("\n\n")[1]?.split("\n--")[0];
      return part === undefined ? [] : [new Uint8Array(Buffer.from(part, "base64"))];
    });
  }

  const rosterOfServer = async () => (await world.listServer.command("member", "list", TEAM)).stdout;

  test("a server card is opened, and another file is told from one", async () => {
    page = await MembersPage.open(alice.addon);
    await look("1-start");
    await page.giveFile("card", "team-server.listseal", Buffer.from("no card"));
    await page.press("Look at the card");
    await page.waitFor("This is not a whole server card");
    await page.giveFile("card", "team-server.listseal", card);
    await page.press("Look at the card");
    const text = await page.waitFor("Compare this key's characters");
    expect(text).toContain(TEAM);
    const { stdout } = await world.listServer.command("list", "show", TEAM);
    const shown = text.replace(/\s/g, "").toLowerCase();
    const fingerprint = /server key\s+([0-9a-f ]{40,})/i.exec(stdout)?.[1]?.replace(/\s/g, "").toLowerCase();
    expect(fingerprint).toBeDefined();
    expect(shown).toContain(fingerprint);
    await look("2-card");
  }, 120_000);

  test("the list is claimed, and is there when the server has answered", async () => {
    await page.fill({ address: alice.address, name: alice.fullName });
    await page.press("Claim this list");
    await page.waitFor("The claim is on its way");
    await look("3-claimed");
    const text = await page.waitFor("Members (1)");
    expect(text).toContain(alice.address);
    expect(await rosterOfServer()).toContain(alice.address);
    await look("4-born");
  }, 180_000);

  test("invitations are made: a file each, a code each, and gpg shows what is in one", async () => {
    await page.fill({ addresses: `Bob <${addressOf("bob")}>, not an address\n${addressOf("carol")}` });
    await page.press("Make invitations");
    await page.waitFor("The invitations are made");
    const codes = await page.codes();
    expect(Object.keys(codes)).toEqual([addressOf("bob"), addressOf("carol")]);
    expect(await page.text()).toContain("not an address");
    await look("5-codes", "#invite");

    const files = new Map<PersonName, Uint8Array>();
    for (const name of ["bob", "carol"] as const) {
      await page.press(`Save the file…: ${addressOf(name)}`);
      const path = await until("the saved file", () =>
        // Thunderbird puts an empty file in its place while it writes
        alice
          .downloads()
          .find((each) => basename(each) === `team-${name}.listseal` && statSync(each).size > 0),
      );
      files.set(name, readFileSync(path));
    }
    const code = codes[addressOf("bob")] ?? "";
    const file = files.get("bob") ?? new Uint8Array();
    await home.save("team-bob.listseal", file);
    const gpg = await run(
      "gpg",
      ["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", code, "-d", "team-bob.listseal"],
      { env: home.env, cwd: home.folder },
    );
    expect(JSON.parse(Buffer.from(gpg.stdout).toString("utf8"))).toMatchObject({
      kind: "invitation",
      list: { address: TEAM, name: "Team" },
      invitee: addressOf("bob"),
    });

    await page.press(`Write a mail with the file…: ${addressOf("bob")}`);
    const mail = await until("the compose window", async () => {
      const state = await alice.ui.composerState().catch(() => undefined);
      return state?.attachments.length === 1 ? state : undefined;
    });
    expect(mail.to.join()).toContain(addressOf("bob"));
    expect(mail.attachments).toEqual(["team-bob.listseal"]);
    expect(JSON.stringify(mail)).not.toContain(code);
    expect(JSON.stringify(mail)).not.toContain(code.slice(0, 5));
    await alice.ui.picture("msgcompose", join(ALBUM, "6-mail.png"));
    await alice.ui.closeComposers();

    // the codes are in no storage, and the page forgets them
    expect(await alice.addon.storage()).not.toContain(code);
    await page.press(`Code told, hide it: ${addressOf("bob")}`);
    expect(Object.keys(await page.codes())).toEqual([addressOf("carol")]);

    for (const name of ["bob", "carol"] as const) {
      await join_(name, files.get(name) ?? new Uint8Array(), codes[addressOf(name)] ?? "");
    }
    await page.waitFor("Members (3)");
    await look("7-members", "#people");
  }, 240_000);

  test("Remove, once confirmed, takes somebody off the server's roster", async () => {
    await page.press("Remove Carol");
    await page.waitFor("Remove Carol from the list?");
    await look("8-remove", "#people");
    await page.press("Remove from the list");
    await page.waitFor("Members (2)");
    const roster = await rosterOfServer();
    expect(roster).not.toContain(addressOf("carol"));
    expect(roster).toContain(addressOf("bob"));
    await look("9-removed", "#people");
  }, 120_000);

  test("a new list key reaches the members of the owner's own log, and shows who has it", async () => {
    await look("10-new-key", "#new-key");
    await page.press("Make a new list key…");
    await page.waitFor("There is no way back");
    await page.press("Make the new key");
    await page.waitFor("0 of 1 have confirmed it.");
    const bob = joined.get("bob");
    if (bob === undefined) throw new Error("Bob has not joined");
    const { key, invitation } = bob;
    const sealed = await until("the notice at Bob's", () => sealedFor("bob", "notice")[0], 60_000);
    const [owner] = invitation.owners;
    if (owner === undefined) throw new Error("no owner");
    const known = {
      address: invitation.listAddress,
      keys: [invitation.listKey.fingerprint],
      owners: [{ certificate: owner, address: parseAddress(alice.address), from: 0 }],
      server: invitation.server,
      serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
    };
    const opened = await openNotice(sealed, key, known);
    if (opened.kind !== "news" || opened.notice.news.kind !== "new-list-key")
      throw new Error("no new list key");
    const { fingerprint } = opened.notice.news.listKey;
    expect(fingerprint).not.toBe(invitation.listKey.fingerprint);
    // whoever was removed is told nothing
    expect(sealedFor("carol", "notice")).toEqual([]);
    expect(
      (await world.listServer.command("list", "show", TEAM)).stdout.replace(/\s/g, "").toLowerCase(),
    ).toContain(fingerprint);

    const receipt = await writeReceipt(opened.notice, key, owner);
    const { serial } = opened.notice;
    await ask("bob", [key], { do: "receipt", news: "new-list-key", serial, receipt });
    await until("the server's answer to Bob", () =>
      sealedFor("bob", "answer").length > 1 ? true : undefined,
    );
    await page.press("Ask who has confirmed");
    await page.waitFor("1 of 1 have confirmed it.");
    await look("11-confirmed", "#new-key");
  }, 180_000);

  test("axe finds nothing, and in the dark neither", async () => {
    await expect(page.complaints()).resolves.toEqual([]);
    await alice.ui.useTheme("dark");
    await expect(page.complaints()).resolves.toEqual([]);
    await look("12-dark", "#people");
    await page.press("Privacy");
    await look("13-privacy-dark");
  }, 120_000);
});
