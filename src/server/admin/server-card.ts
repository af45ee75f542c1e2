/** Server cards on the server's side: the code's digest stays, the card goes to the person who will own the list. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Address,
  domainOf,
  formatMailbox,
  localPartOf,
  makeMailbox,
  parseAddress,
  requestAddress,
} from "../../mail/mailbox.js";
import { formatMailDate, textLeaf, writeEntity } from "../../mail/mime.js";
import {
  CARD_LIFE_MS,
  cardFileName,
  claimDigest,
  makeClaimCode,
  writeCard,
} from "../../membership/invitation/server-card.js";
import { listKeyKinds } from "../../openpgp/list-keys.js";
import { newMessageId } from "../../protocol/seal-post.js";
import { type DataFolder, writeDurably } from "../base/data-folder.js";
import { handOver, type RelayOptions } from "../delivery/relay.js";
import { relayFault, relayFaultSentence } from "../delivery/relay-fault.js";
import { loadServerKey } from "../store/server-keys.js";
import type { List, MembershipCommands } from "../store/store.js";
import { textsIn } from "../texts/catalogue.js";
import type { Language } from "../texts/language.js";
import { plainText } from "../texts/plain-text.js";
import { BadRequest } from "./administration.js";

/** The card holds the claim code: nobody but the server's user may read it. */
const CARD_FILE_MODE = 0o600;

/** A card that lies in its file. */
export interface IssuedCard {
  readonly path: string;
  /** What is in the file. */
  readonly card: Uint8Array;
  readonly expires: Date;
}

/**
 * Makes a card for a list that nobody has claimed, and writes it. An earlier card of the list is good no more.
 *
 * @throws BadRequest if the list has its list key, KeyFileError
 */
export async function issueCard(
  office: { readonly store: MembershipCommands; readonly folder: DataFolder; readonly now: () => number },
  list: List,
): Promise<IssuedCard> {
  if (list.listKeyFingerprint !== undefined)
    throw new BadRequest(`${list.address} already has its list key, so nobody needs a card to claim it`);
  const { store, folder } = office;
  const server = await loadServerKey(folder, list);
  const listAddress = parseAddress(list.address);
  const code = makeClaimCode();
  // whole seconds, rounded down: the card must not be good for longer than the server takes its code
  const expires = new Date(Math.floor((office.now() + CARD_LIFE_MS) / 1000) * 1000);
  const card = await writeCard(
    {
      listAddress,
      listName: list.name,
      requestAddress: requestAddress(listAddress),
      mode: list.mode,
      delivery: list.delivery,
      profile: list.profile,
      code,
      expires,
      // whoever may post besides members could not seal under a secret
      listKeys: list.policy === "members" ? listKeyKinds : ["pair"],
    },
    server,
    new Date(office.now()),
  );
  const cards = join(folder.path, "cards");
  await mkdir(cards, { recursive: true, mode: 0o700 });
  // an address is a safe file name but for the slash, which a local part may hold
  const path = join(cards, `${list.address.replaceAll("/", "_")}-server.listseal`);
  await writeDurably(path, card, CARD_FILE_MODE);
  await store.setClaim(list.id, await claimDigest(code), expires.getTime());
  return { path, card, expires };
}

/**
 * Mails a card to the person who will own the list, with a letter in the list's language. Whoever reads that mail on its way can claim the list before them; the
 * owner then hears `already-claimed`, which is why the mail asks for the telephone.
 *
 * @throws BadRequest if the relay does not take the mail
 */
export async function mailCard(
  relay: RelayOptions,
  list: List,
  { card, expires }: IssuedCard,
  owner: Address,
  { now, language }: { readonly now: Date; readonly language: Language },
): Promise<void> {
  const address = parseAddress(list.address);
  const { subject, paragraphs } = textsIn(language).serverCard(
    list.name,
    list.address,
    expires.toISOString().slice(0, 10),
  );
  const mail = writeEntity(
    [
      ["From", formatMailbox(makeMailbox(list.name, address))],
      ["To", owner],
      ["Subject", `[${localPartOf(address)}] ${subject}`],
      ["Date", formatMailDate(now)],
      ["Message-ID", newMessageId(domainOf(address))],
      ["Auto-Submitted", "auto-generated"],
      ["MIME-Version", "1.0"],
    ],
    {
      type: "multipart/mixed",
      parts: [
        textLeaf(plainText(paragraphs)),
        {
          type: "application/octet-stream",
          disposition: "attachment",
          name: cardFileName({ listAddress: address }),
          bytes: card,
        },
      ],
    },
  );
  let isTaken: boolean;
  try {
    isTaken = await handOver(relay, { sender: "", recipients: [owner], pieces: [mail] });
  } catch (error) {
    throw new BadRequest(
      `the card was not mailed, because the relay can't be used: ${relayFaultSentence(relayFault(error))}`,
    );
  }
  if (!isTaken) throw new BadRequest(`the card was not mailed: the relay refused a mail to ${owner}`);
}
