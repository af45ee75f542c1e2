import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Address, parseAddress } from "../../src/mail/mailbox.js";
import { makeIntroduction } from "../../src/membership/introduction/introduction.js";
import {
  type Invitation,
  invitationFileName,
  makeCode,
  writeInvitation,
} from "../../src/membership/invitation/invitation.js";
import {
  armorSealingKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  parseSealingKey,
  type SealingKey,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import type { ListSettings } from "../world/list-server.js";
import { LISTS_DOMAIN, PEOPLE_DOMAIN, type World } from "../world/world.js";

/** A list of the private mail world. */
export interface ListPlan extends ListSettings {
  /** Local part of its address. */
  readonly slug: string;
  readonly name: string;
}

/** One list for each of the four settings, in the order of the seed's claims 5, 4, 2 and 1. */
export const LISTS: readonly ListPlan[] = [
  { slug: "team", name: "Team", mode: "key", delivery: "resealed" },
  { slug: "newsroom", name: "Newsroom", mode: "key", delivery: "opened" },
  { slug: "council", name: "Council", mode: "whole", delivery: "resealed" },
  { slug: "choir", name: "Choir", mode: "whole", delivery: "opened" },
];

/** Mail address of a list. */
export const listAddress = ({ slug }: Pick<ListPlan, "slug">): Address =>
  parseAddress(`${slug}@${LISTS_DOMAIN}`);

/** A list that exists on the server, with the secret half that only its owner and its members have. */
export interface OwnedList {
  readonly plan: ListPlan;
  readonly address: Address;
  readonly listKey: OpeningKey<"list">;
  readonly server: SealingKey<"server">;
}

/** An invitation as the owner hands it out: the file by any way, the code by another. */
export interface HandedInvitation {
  readonly name: string;
  readonly file: Uint8Array;
  readonly code: string;
}

/** How long an invitation is good for, in milliseconds. */
const JOIN_WITHIN = 14 * 86_400_000;

/** The owner of the lists, played by this program: she founds them by the operator's command and invites people. */
export class Owner {
  readonly key: OpeningKey<"member">;
  readonly #world: World;

  private constructor(key: OpeningKey<"member">, world: World) {
    this.key = key;
    this.#world = world;
  }

  static async inWorld(world: World): Promise<Owner> {
    const address = parseAddress(`olga@${PEOPLE_DOMAIN}`);
    return new Owner(await generateMemberKey({ address, name: "Olga", profile: "compatible" }), world);
  }

  /** Creates a list by the command-line program, makes its list key here, and gives the server the public half. */
  async found(plan: ListPlan): Promise<OwnedList> {
    const { listServer, folder } = this.#world;
    const address = listAddress(plan);
    const { stdout } = await listServer.createList(address, plan.name, plan);
    const certificate = /^certificate\s+(.+)$/m.exec(stdout)?.[1];
    if (certificate === undefined) throw new Error(`The server named no certificate:\n${stdout}`);
    const listKey = await generateKey("list", { address, profile: "compatible" });
    const file = join(folder, `${plan.slug}-list-key.asc`);
    writeFileSync(file, armorSealingKey(sealingHalf(listKey)));
    await listServer.setListKey(address, file);
    return { plan, address, listKey, server: await parseSealingKey("server", certificateIn(certificate)) };
  }

  /** Writes the invitation of one person to one list. */
  async invite(list: OwnedList, invitee: string): Promise<HandedInvitation> {
    const { plan, address, listKey, server } = list;
    const joinBy = new Date(Math.floor((Date.now() + JOIN_WITHIN) / 1000) * 1000);
    const terms = { list: address, listKey: listKey.fingerprint, address: parseAddress(invitee), joinBy };
    const invitation: Invitation = {
      listAddress: address,
      listName: plan.name,
      requestAddress: parseAddress(`${plan.slug}-request@${LISTS_DOMAIN}`),
      mode: plan.mode,
      delivery: plan.delivery,
      profile: "compatible",
      listKey,
      server,
      owners: [sealingHalf(this.key)],
      invitee: terms.address,
      introduction: await makeIntroduction(this.key, terms, "compatible"),
      joinBy,
    };
    const code = makeCode();
    return {
      name: invitationFileName(invitation),
      file: await writeInvitation(invitation, this.key, code),
      code,
    };
  }
}

/** A certificate file as it is, armored or binary. */
function certificateIn(file: string): Uint8Array | string {
  const bytes = readFileSync(file);
  return (bytes[0] ?? 0) >= 0x80 ? new Uint8Array(bytes) : bytes.toString("utf8");
}
