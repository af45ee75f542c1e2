/**
 * A list that is asked for things: made by the operator, with its card, not yet claimed; and people who ask by mail and
 * wait for the sealed answer. One list at a time: {@link begin} makes the next.
 */
import { readFile } from "node:fs/promises";
import { makeMailbox, parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import {
  certifyMember,
  type ListForProof,
  makeIntroduction,
} from "../../src/membership/introduction/introduction.js";
import { readCard, type ServerCard } from "../../src/membership/invitation/server-card.js";
import type { RequestResult } from "../../src/membership/request/answer-result.js";
import { type Answer, openAnswer } from "../../src/membership/request/answers.js";
import {
  type Command,
  newRequestId,
  type Request,
  writeRequest,
} from "../../src/membership/request/request.js";
import {
  generateKey,
  type OpeningKey,
  type Profile,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { profileOf } from "../../src/openpgp/secrets.js";
import { newMessageId } from "../../src/protocol/seal-post.js";
import { createList } from "../../src/server/admin/administration.js";
import { issueCard } from "../../src/server/admin/server-card.js";
import { openStore } from "../../src/server/store/open-store.js";
import { type Person, PlayServer, person } from "./play-server.js";

export const teamAddress = parseAddress("team@lists.test");
export const DAY = 86_400_000;
export type Signer = OpeningKey<"member" | "introduction">;

export let play: PlayServer;
/** Ids of all requests that were made. */
export let asked: string[];
export let card: ServerCard;
/** The card as it was given out. */
export let cardFile: Uint8Array;
export let listKey: OpeningKey<"list">;
export let olga: Person;

export const certificate = (key: OpeningKey<"member" | "introduction" | "list">) =>
  writeSealingKey(sealingHalf(key));

export interface Sent {
  readonly request: Request;
  readonly raw: Uint8Array;
}

export async function written(
  command: Command,
  signers: readonly Signer[],
  changes: Partial<Request> = {},
): Promise<Sent> {
  const request: Request = {
    id: newRequestId(),
    date: new Date(Math.floor(Date.now() / 1000) * 1000),
    list: { address: teamAddress, key: listKey.fingerprint },
    command,
    ...changes,
  };
  asked.push(request.id);
  const raw = writeRequestMail({
    kind: "request",
    list: teamAddress,
    from: makeMailbox(undefined, parseAddress("anybody@people.test")),
    to: makeMailbox(undefined, requestAddress(teamAddress)),
    date: request.date,
    messageId: newMessageId("people.test"),
    sealed: await writeRequest(request, { signers, server: card.server }),
  });
  return { request, raw };
}

export const submitted = async ({ raw }: Sent): Promise<number> => {
  const { submit } = await import("./dialogue.js");
  const recipient = requestAddress(teamAddress);
  return (await submit(play.port, { sender: "anybody@people.test", recipient, raw })).code;
};

/** What was opened before, by key and mail: whoever waits for an answer looks at all mails again and again. */
const openedBefore = new WeakMap<OpeningKey<"member">, WeakMap<Buffer, Answer | "not-for-me">>();

/** The sealed answers that arrived at an address, opened with a key; what is sealed to others is left out. */
export async function answersTo(address: string, key: OpeningKey<"member">): Promise<Answer[]> {
  const found: Answer[] = [];
  const before = openedBefore.get(key) ?? new WeakMap<Buffer, Answer | "not-for-me">();
  openedBefore.set(key, before);
  for (const { raw } of play.sink.for(address)) {
    const known = before.get(raw);
    if (known !== undefined) {
      if (known !== "not-for-me") found.push(known);
      continue;
    }
    const text = raw.toString("latin1");
    const part = text.split(requestTypes.answer)[1]?.split("\r\n\r\n")[1]?.split("\r\n--")[0];
    if (part === undefined) continue;
    const read = await openAnswer(new Uint8Array(Buffer.from(part, "base64")), key, {
      list: { address: teamAddress },
      server: card.server,
      requests: asked,
    });
    before.set(raw, read);
    if (read !== "not-for-me") found.push(read);
  }
  return found;
}

/** Asks, and waits for the answer. */
export async function asks(who: Person, sent: Sent, key = who.key): Promise<RequestResult> {
  expect(await submitted(sent)).toBe(250);
  const { id } = sent.request;
  let answer: Answer | undefined;
  let seen = -1;
  while (answer === undefined) {
    await play.sink.until((sink) => sink.for(who.address).length > seen);
    seen = play.sink.for(who.address).length;
    const all = await answersTo(who.address, key);
    answer = all.find(({ request, result }) => request === id && result.kind !== "report");
  }
  return answer.result;
}

export const says = async (who: Person, command: Command) => asks(who, await written(command, [who.key]));

export const claim = (who = olga, code = card.code, key = listKey): Command => ({
  do: "claim",
  code,
  name: who.name,
  address: parseAddress(who.address),
  certificate: certificate(who.key),
  listKey: certificate(key),
  shape: "encrypted",
});

export const known = (): ListForProof => ({
  address: teamAddress,
  fingerprints: [listKey.fingerprint],
  owners: [sealingHalf(olga.key)],
});

export interface Invited {
  readonly who: Person;
  readonly introduction: OpeningKey<"introduction">;
}

/** An invitation by Olga, and the invitee's certified key. */
export async function invites(
  guest: Person,
  { date = new Date(), joinBy = new Date(Date.now() + DAY) } = {},
): Promise<Invited> {
  const terms = {
    list: teamAddress,
    listKey: listKey.fingerprint,
    address: parseAddress(guest.address),
    joinBy: new Date(Math.floor(joinBy.getTime() / 1000) * 1000),
  };
  const introduction = await makeIntroduction(olga.key, terms, profileOf(olga.key), date);
  return { who: { ...guest, key: await certifyMember(introduction, guest.key, known()) }, introduction };
}

export const join = ({ who, introduction }: Invited): Command => ({
  do: "join",
  name: who.name,
  certificate: certificate(who.key),
  introduction: certificate(introduction),
  shape: "encrypted",
});
export const joins = async (guest: Invited) =>
  asks(guest.who, await written(join(guest), [guest.introduction, guest.who.key]));
export const refused = (code: string) => ({ kind: "refused", code });

export const roster = async (after = 0) => {
  const result = await says(olga, { do: "roster", after });
  if (result.kind !== "roster") throw new Error(`no roster: ${JSON.stringify(result)}`);
  return result;
};

/** A fresh server with an unclaimed list, running. */
export async function begin(profile: Profile = "compatible"): Promise<void> {
  asked = [];
  play = await PlayServer.make();
  const office = async <T>(
    work: (parts: Parameters<typeof createList>[0] & Parameters<typeof issueCard>[0]) => T,
  ) => {
    const store = await openStore(play.place);
    try {
      return await work({ store, folder: play.folder, now: () => Date.now() });
    } finally {
      await store.close();
    }
  };
  const issued = await office(async (parts) => {
    const { list } = await createList(parts, {
      address: teamAddress,
      name: "Team",
      mode: "key",
      delivery: "resealed",
      profile,
    });
    return issueCard(parts, list);
  });
  cardFile = new Uint8Array(await readFile(issued.path));
  card = await readCard(cardFile);
  listKey = await generateKey("list", { address: teamAddress, profile });
  olga = await person("Olga", profile);
  await play.start();
}
