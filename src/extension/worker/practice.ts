import { toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import { readPayload, writePayload } from "../../mail/payload.js";
import { generateKey, generateMemberKey, sealingHalf, writeSealingKey } from "../../openpgp/keys.js";
import { generateListKey, type ListKeyKind, listNameOf, listSealer } from "../../openpgp/list-keys.js";
import { openLayer } from "../../openpgp/open-layer.js";
import type { SealedMessage } from "../../protocol/message.js";
import { openPost } from "../../protocol/open-post.js";
import { openAtServer, prepareReseal, resealFor } from "../../protocol/reseal.js";
import { sealPost } from "../../protocol/seal-post.js";
import type { PracticeResult } from "./settings-jobs.js";

/**
 * A list to look around in: author, server and member on this computer, with real keys that are made for one mail and
 * forgotten after it. Nothing is kept, nothing is sent, and nothing here touches a real list.
 */
const list = parseAddress("practice@list.invalid");
const you = parseAddress("you@list.invalid");

/** Bytes of a sealed message that the page shows. */
const SHOWN_BYTES = 180;

const beginning = (bytes: Uint8Array) => toBase64(bytes.subarray(0, SHOWN_BYTES));
const bytesOf = (sealed: SealedMessage) => (sealed.mode === "key" ? sealed.key : sealed.message);

/**
 * A mail's whole way with keys that are made for it and forgotten.
 * @throws ListSealError what sealing and opening throw
 */
export async function practise({
  text,
  listKey: kind = "pair",
}: {
  readonly text: string;
  /** A pair if absent. */
  readonly listKey?: ListKeyKind;
}): Promise<PracticeResult> {
  const listKey = await generateListKey(kind, { address: list, profile: "compatible" });
  const server = await generateKey("server", { address: list, profile: "compatible" });
  const member = await generateMemberKey({ address: you, profile: "compatible" });
  const ref = { address: list, key: listNameOf(listKey) };
  const date = new Date();
  const messageId = `<${crypto.randomUUID()}@list.invalid>`;
  const payload = writePayload(
    {
      from: { address: you },
      to: [{ address: list }],
      cc: [],
      subject: "",
      date,
      messageId,
      references: [],
      text,
      attachments: [],
      author: { certificate: writeSealingKey(sealingHalf(member)) },
    },
    { subject: "...", from: { address: you }, to: [{ address: list }] },
  );
  const sent = await sealPost({
    mode: "whole",
    payload,
    messageId,
    list: { address: list, key: listSealer(listKey) },
    server: sealingHalf(server),
    author: member,
    date,
  });
  const atServer = await openAtServer(sent, { list: ref, server, author: sealingHalf(member) });
  const roster = { number: 1, hash: "00".repeat(32) };
  const arrived = await resealFor(
    await prepareReseal(atServer, { list: ref, server, roster }),
    sealingHalf(member),
  );
  let opened = "";
  const result = await openPost(
    arrived,
    { member: [member], list: { address: list, key: listKey }, server: sealingHalf(server) },
    async (bytes) => {
      opened = (await readPayload(bytes)).text ?? "";
      return { author: sealingHalf(member), messageId };
    },
  );
  return {
    sent: beginning(bytesOf(sent)),
    atServer: beginning(atServer.literal),
    serverCanRead: (await openLayer(atServer.literal, server)) !== "not-for-me",
    arrived: beginning(bytesOf(arrived)),
    opened,
    throughList: result.kind === "opened" && result.passage.via === "list",
  };
}
