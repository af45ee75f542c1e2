import { SIGNATURE, Writer } from "../tour/writer.js";
import { AccountSetups } from "../world/account-setups.js";
import { until } from "../world/processes.js";
import { addressOf } from "../world/world.js";

/** Where Alice keeps mail on her own disk. */
const KEPT = "Kept";

/**
 * Ordinary mail after sealed mail, in four set-ups of accounts. Drafts of sealed mail need an identity in Local Folders; nothing
 * that is no sealed mail may ever have to do with it. In order, as they stand.
 */
describe("ordinary mail after encrypted mail in a real Thunderbird", () => {
  let w: Writer;
  let accounts: AccountSetups;

  beforeAll(async () => {
    w = await Writer.start();
    accounts = new AccountSetups(w.alice.thunderbird);
    for (const to of ["alice", "carol"] as const) {
      const source = [
        "From - Mon Nov 30 10:00:00 2026",
        `From: ${addressOf("bob")}`,
        `To: ${addressOf(to)}`,
        `Subject: to ${to}`,
        `Message-ID: <kept-${to}@example.test>`,
        "Date: Mon, 30 Nov 2026 10:00:00 +0000",
        "",
        "How are you?",
        "",
      ].join("\n");
      await accounts.putInLocalFolder(KEPT, source);
    }
  });

  afterAll(async () => {
    await w.world.stop();
  });

  afterEach(async () => {
    await w.alice.ui.acceptDialogs();
    await w.alice.ui.closeComposers();
  });

  /** The mail with these words, as it left by one of the two ways. */
  const sentBy = (wire: string, marker: string) =>
    w
      .submitted(wire)
      .find((bytes) => bytes.toString("utf8").includes(marker))
      ?.toString("utf8");

  const ordinary = async () => {
    await until("the button to be off", async () =>
      (await w.label()) === "Encrypt to list · Not encrypted" ? true : undefined,
    );
  };

  /** Sends what stands in the window and gives it as it left; nothing may ask or stop. */
  async function leaves(wire: string, marker: string): Promise<string> {
    await ordinary();
    await expect(w.alice.ui.send()).resolves.toBe("closed");
    return until("the mail on the wire", () => sentBy(wire, marker));
  }

  /** "New Message" while a folder on her own disk is selected, to Bob. */
  async function newFrom(folder: string, identity: string, wire: string): Promise<string> {
    const marker = w.mark();
    await w.desk.openLocalFolder(folder);
    await w.desk.newMessage(addressOf("bob"), `plain ${marker}`, `<p>lunch? ${marker}</p>`);
    expect(await w.alice.ui.composerState()).toMatchObject({ identity });
    return leaves(wire, marker);
  }

  /** An answer to a mail in a folder on her own disk. */
  async function answerTo(subject: string, identity: string, wire: string): Promise<string> {
    const marker = w.mark();
    await w.desk.openLocalFolder(KEPT);
    await w.alice.ui.selectMessage(subject);
    await w.desk.about("cmd_reply");
    await until(`From of the answer to ${subject}`, async () =>
      (await w.alice.ui.composerState()).identity === identity ? true : undefined,
    );
    await w.alice.ui.typeHtml(`<p>fine ${marker}</p>`);
    return leaves(wire, marker);
  }

  /** An encrypted mail whose draft was kept here. */
  async function encrypted(): Promise<void> {
    const marker = await w.begin(w.list.address, "secret");
    await w.sealed();
    await w.alice.ui.saveDraft("timer");
    await w.draftHere(marker);
    await expect(w.alice.ui.send()).resolves.toBe("closed");
  }

  test("one address for everything, a folder on this computer selected", async () => {
    await encrypted();
    const mail = await newFrom(KEPT, "id1", "alice-to-postfix");
    expect(mail).toContain(`From: Alice <${addressOf("alice")}>`);
    // it has its own signature, once
    expect(mail.split(SIGNATURE)).toHaveLength(mail.includes("text/plain") ? 3 : 2);
    await answerTo("to alice", "id1", "alice-to-postfix");
  });

  test("several accounts, the list's is not the default one", async () => {
    await accounts.useAsDefault("account3");
    await encrypted();
    expect(await newFrom(KEPT, "id2", "carol-to-postfix")).toContain(`<${addressOf("carol")}>`);
    expect(await answerTo("to carol", "id2", "carol-to-postfix")).toContain(`<${addressOf("carol")}>`);
    expect(await answerTo("to alice", "id1", "alice-to-postfix")).toContain(`<${addressOf("alice")}>`);
    await accounts.useAsDefault("account1");
    await answerTo("to carol", "id2", "carol-to-postfix");
  });

  test("POP with a global inbox: every new mail begins in Local Folders", async () => {
    const pop = await accounts.addGlobalInbox(
      "Alice by POP",
      addressOf("eve"),
      w.world.submissionPortOf("carol"),
    );
    await encrypted();
    expect(await newFrom("Inbox", pop, "carol-to-postfix")).toContain(`<${addressOf("eve")}>`);
    expect(await answerTo("to carol", "id2", "carol-to-postfix")).toContain(`<${addressOf("carol")}>`);
  });

  test("the list's account is removed: nothing of it is left that could send", async () => {
    await accounts.useAsDefault("account3");
    await accounts.remove("account1");
    expect(await newFrom(KEPT, "id2", "carol-to-postfix")).toContain(`<${addressOf("carol")}>`);
    await answerTo("to alice", "id2", "carol-to-postfix");
    for (const { email } of await accounts.localIdentities()) expect(email).toBe("");
  });
});
