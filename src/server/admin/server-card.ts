/** Server cards on the server's side: the code's digest stays, the card goes to the person who will own the list. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseAddress, requestAddress } from "../../mail/mailbox.js";
import {
  CARD_LIFE_MS,
  claimDigest,
  makeClaimCode,
  writeCard,
} from "../../membership/invitation/server-card.js";
import { type DataFolder, writeDurably } from "../base/data-folder.js";
import type { MembershipStore } from "../store/membership-store.js";
import { loadServerKey } from "../store/server-keys.js";
import type { List } from "../store/store.js";
import { BadRequest } from "./administration.js";

/** The card holds the claim code: nobody but the server's user may read it. */
const CARD_FILE_MODE = 0o600;

/** A card that lies in its file. */
export interface IssuedCard {
  readonly path: string;
  readonly expires: Date;
}

/**
 * Makes a card for a list that nobody has claimed, and writes it. An earlier card of the list is good no more.
 *
 * @throws BadRequest if the list has its list key, KeyFileError
 */
export async function issueCard(
  office: { readonly store: MembershipStore; readonly folder: DataFolder; readonly now: () => number },
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
  return { path, expires };
}
