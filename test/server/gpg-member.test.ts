/** A member with GnuPG alone: an owner enrols them with a .asc file, they ask, post and read with gpg. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { makeMailbox, parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { continueHistory, membersForNewKey } from "../../src/membership/roster/history.js";
import { noHistory, unconfirmedMembers } from "../../src/membership/roster/state.js";
import { armorOpeningKey, armorSealingKey, readSealingKey, writeSealingKey } from "../../src/openpgp/keys.js";
import { newMessageId } from "../../src/protocol/seal-post.js";
import { addMember } from "../../src/server/admin/administration.js";
import { type GpgHome, makeGpgHome } from "../interop/gpg-home.js";
import {
  begin,
  card,
  claim,
  known,
  listKey,
  olga,
  play,
  refused,
  roster,
  says,
  teamAddress,
} from "./asking.js";
import { submit } from "./dialogue.js";
import { seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

const gina = { name: "Gina", address: parseAddress("gina@people.test") };
let home: GpgHome;
let asc: string;

beforeEach(async () => {
  home = await makeGpgHome();
  // a primary key that only certifies: gpg signs with a subkey
  await must(
    `gpg --batch --passphrase '' --quick-gen-key 'Gina <${gina.address}>' ed25519 cert never &&
     FPR=$(gpg --list-keys --with-colons | awk -F: '/^fpr/{print $10; exit}') &&
     gpg --batch --passphrase '' --quick-add-key $FPR ed25519 sign never &&
     gpg --batch --passphrase '' --quick-add-key $FPR cv25519 encr never &&
     gpg --armor --export ${gina.address} > gina.asc`,
  );
  asc = await readFile(`${home.folder}/gina.asc`, "utf8");
  await begin();
  await says(olga, claim());
  await home.save("server.asc", armorSealingKey(card.server));
  await home.save("list.asc", await armorOpeningKey(listKey));
  await must("gpg --batch --import server.asc list.asc");
});
afterEach(async () => {
  await home.close();
  await play.discard();
});

async function must(commands: string): Promise<string> {
  const ran = await home.shell(commands);
  if (ran.status !== 0) throw new Error(`gpg: ${ran.stderr}`);
  return Buffer.from(ran.stdout).toString();
}

const enrol = async () => ({
  do: "enrol" as const,
  name: gina.name,
  address: gina.address,
  certificate: writeSealingKey(await readSealingKey("member", asc)),
  shape: "mixed" as const,
});

/** What Gina asks with gpg, as a mail from an address; the reply code. */
async function asks(what: string, from = gina.address): Promise<number> {
  const id = execFileSync("openssl", ["rand", "-hex", "16"]).toString().trim();
  const date = new Date().toISOString().replace(/\.\d{3}Z$/, "Z");
  const list = { address: teamAddress, key: listKey.fingerprint };
  const json = JSON.stringify({ listseal: 1, kind: "request", do: what, id, date, list });
  await home.save("request.json", json);
  await must(
    `rm -f request.pgp; gpg --batch --trust-model always --sign --encrypt --no-encrypt-to --local-user ${gina.address} --set-notation kind@v1.listseal.example=request --recipient ${card.server.fingerprint} --output request.pgp request.json`,
  );
  const raw = writeRequestMail({
    kind: "request",
    list: teamAddress,
    from: makeMailbox(gina.name, from),
    to: makeMailbox(undefined, requestAddress(teamAddress)),
    date: new Date(),
    messageId: newMessageId("people.test"),
    sealed: new Uint8Array(await readFile(`${home.folder}/request.pgp`)),
  });
  return (await submit(play.port, { sender: from, recipient: requestAddress(teamAddress), raw })).code;
}

onEachStore(() => {
  test("an owner enrols her by her .asc; she asks with a signing subkey, reads the answer with gpg, and gets posts", async () => {
    expect(await asks("pause")).toBe(550);
    expect(await says(olga, await enrol())).toMatchObject({ kind: "done" });
    const { members, entries } = await roster();
    expect(members.map(({ address }) => address)).toContain(gina.address);
    const history = await continueHistory(noHistory, entries, { list: known() });
    expect((await membersForNewKey(history)).map(({ address }) => address)).toContain(gina.address);

    expect(await asks("resume")).toBe(250);
    await play.sink.until((sink) => sink.for(gina.address).length === 1);
    const [answer] = play.sink.for(gina.address);
    const part = answer?.raw.toString("latin1").split(requestTypes.answer)[1]?.split("\r\n\r\n")[1];
    await home.save("answer.pgp", Buffer.from(part?.split("\r\n--")[0] ?? "", "base64"));
    expect(await must("gpg --batch -d answer.pgp")).toContain('"kind": "done"');
    // the From is a hint and no more: under another's address her signature proves nothing
    expect(await asks("pause", parseAddress(olga.address))).toBe(550);

    const row = await play.service.store.listByAddress(teamAddress);
    if (row === undefined) throw new Error("no list");
    const list = { list: row, address: teamAddress, key: listKey, server: card.server };
    expect((await play.submit(list, olga, (await seal(list, olga)).raw)).code).toBe(250);
    await play.sink.until((sink) => sink.for(gina.address).length === 2);
    // what she asked stands in the record under her primary key, and the owner's add-on verifies it
    expect(await asks("leave")).toBe(250);
    const after = await roster();
    const left = await continueHistory(noHistory, after.entries, { list: known() });
    expect(left.members[gina.address]).toBeUndefined();
  });

  test("whom the operator enrolled is shown as such until an owner confirms them by the same command", async () => {
    await play.office((office) =>
      addMember(office, teamAddress, { ...gina, certificate: asc, shape: "mixed" }),
    );
    const historyNow = async () => continueHistory(noHistory, (await roster()).entries, { list: known() });
    expect(unconfirmedMembers(await historyNow()).map(({ address }) => address)).toEqual([gina.address]);
    const other = { ...(await enrol()), address: parseAddress("other@people.test") };
    expect(await says(olga, other)).toEqual(refused("already-a-member"));
    expect(await says(olga, await enrol())).toMatchObject({ kind: "done" });
    expect(unconfirmedMembers(await historyNow())).toEqual([]);
    // and by the one for many, which names their role as well
    const { fingerprint } = await readSealingKey("member", asc);
    const confirm = {
      do: "confirm",
      members: [{ address: gina.address, fingerprint, role: "owner" }],
    } as const;
    expect(await says(olga, confirm)).toEqual(refused("not-a-member"));
    expect((await roster()).members).toHaveLength(2);
  });
});
