import { readFileSync } from "node:fs";
import { createTransport } from "nodemailer";
import { outerSubject } from "../../src/mail/fixed-texts.js";
import { type Mailbox, makeMailbox, parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { type Letter, writePayload } from "../../src/mail/payload.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import { readCard } from "../../src/membership/invitation/server-card.js";
import { type Command, newRequestId, writeRequest } from "../../src/membership/request/request.js";
import {
  generateKey,
  type OpeningKey,
  sealingHalf,
  userIdOf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { newMessageId, sealPost } from "../../src/protocol/seal-post.js";
import { LOOPBACK } from "../world/ports.js";
import { until } from "../world/processes.js";
import { PEOPLE_DOMAIN, type World } from "../world/world.js";
import { type ListPlan, listAddress, type OwnedList } from "./owner.js";

/** What an owner asks of the server, in a world where the owner is played by a program. */

const OWNER = parseAddress(`olga@${PEOPLE_DOMAIN}`);

/** A list with what its owner needs to ask the server for something. */
type Asked = Pick<OwnedList, "plan" | "listKey" | "server">;

/** Hands a whole mail to the people's mail server, as the owner. */
export async function mail(world: World, to: string, raw: Uint8Array): Promise<void> {
  const { smtpPort } = world.postfix;
  const transport = createTransport({ host: LOOPBACK, port: smtpPort, secure: false, ignoreTLS: true });
  try {
    await transport.sendMail({ envelope: { from: OWNER, to }, raw: Buffer.from(raw) });
  } finally {
    transport.close();
  }
}

/** Sends a signed and sealed command to a list's request address, by the people's own mail server. */
export async function command(
  world: World,
  owner: OpeningKey<"member">,
  { plan, listKey, server }: Asked,
  asked: Command,
): Promise<void> {
  const address = listAddress(plan);
  const request = {
    id: newRequestId(),
    date: new Date(Math.floor(Date.now() / 1000) * 1000),
    list: { address, key: listKey.fingerprint },
    command: asked,
  };
  const raw = writeRequestMail({
    kind: "request",
    list: address,
    from: makeMailbox(undefined, OWNER),
    to: makeMailbox(undefined, requestAddress(address)),
    date: request.date,
    messageId: newMessageId(PEOPLE_DOMAIN),
    sealed: await writeRequest(request, { signers: [owner], server }),
  });
  await mail(world, requestAddress(address), raw);
}

/** A member writes to the list: the owner, unless `from` is somebody else. */
export async function post(
  world: World,
  author: OpeningKey<"member">,
  { plan, listKey, server }: Asked,
  letter: Pick<Letter, "subject" | "text"> & Partial<Pick<Letter, "html" | "attachments">>,
  from: Mailbox = makeMailbox("Olga", OWNER),
): Promise<void> {
  const address = listAddress(plan);
  const messageId = newMessageId(PEOPLE_DOMAIN);
  const date = new Date();
  const payload = writePayload(
    {
      ...{ from, to: [{ address }], cc: [], date, messageId, references: [], attachments: [] },
      ...letter,
      author: { certificate: writeSealingKey(sealingHalf(author)) },
    },
    { subject: outerSubject(address), from, to: [{ address }] },
  );
  const sealed = await sealPost({
    ...{ mode: plan.mode, payload, messageId, server, author, date },
    list: { address, key: sealingHalf(listKey) },
  });
  await mail(world, address, writeSubmission({ from, list: address, date, messageId, sealed }));
}

/** Makes a list by the operator's command and claims it with its server card. The server must serve. */
export async function claimedList(
  world: World,
  owner: OpeningKey<"member">,
  plan: ListPlan,
): Promise<OwnedList> {
  const address = listAddress(plan);
  const { stdout } = await world.listServer.createList(address, plan.name, plan);
  const path = /^server card\s+(.+)$/m.exec(stdout)?.[1];
  if (path === undefined) throw new Error(`The server named no card:\n${stdout}`);
  const card = await readCard(readFileSync(path));
  const listKey = await generateKey("list", { address, profile: "compatible" });
  const list = { plan, address, listKey, server: card.server };
  await command(world, owner, list, {
    do: "claim",
    code: card.code,
    name: userIdOf(owner).split(" <")[0] ?? "",
    address: OWNER,
    certificate: writeSealingKey(sealingHalf(owner)),
    listKey: writeSealingKey(sealingHalf(listKey)),
    shape: "encrypted",
  });
  await until(`${plan.name} to have its owner`, async () => {
    const shown = await world.listServer.command("list", "show", address);
    return shown.stdout.includes("accepts posts\n") ? true : undefined;
  });
  return list;
}
