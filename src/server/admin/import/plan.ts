/**
 * An import: what another list has, compared with our roster, shown, and carried out in one transaction. Done again, it changes
 * nothing: who is on the roster already stays as they are.
 *
 * Whoever comes in has their own key, with gpg, and no introduction by an owner: readers' add-ons say so until an owner has
 * confirmed them. Whoever has no usable key has to be invited by an owner, whose add-on alone can make invitations.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "../../../mail/mailbox.js";
import { ListSealError } from "../../../openpgp/errors.js";
import { expirationOf, parseSealingKey } from "../../../openpgp/keys.js";
import { MIN_RSA_BITS } from "../../../openpgp/policy.js";
import { type DataFolder, writeDurably } from "../../base/data-folder.js";
import { MAX_CERTIFICATE_BYTES, MAX_NAME_CHARACTERS } from "../../base/limits.js";
import { rosterPages } from "../../store/roster-pages.js";
import type { BulkMember, List, Member, PostPolicy, Store } from "../../store/store.js";
import type { Language } from "../../texts/language.js";
import { type AdminContext, operatorWord, type ReadMember, readNewMember } from "../administration.js";
import { csvLine } from "../csv.js";
import type { ImportedPerson, ImportSource } from "./source.js";

/** Somebody who has to be invited, and why. */
export interface InvitedPerson {
  readonly address: Address;
  readonly name: string;
  readonly reason: string;
}

/** What an import would do. */
export interface ImportPlan {
  readonly list: List;
  readonly source: ImportSource;
  readonly added: readonly BulkMember[];
  /** On the roster with that key. */
  readonly present: readonly Address[];
  /** On the roster with another key, which stays. */
  readonly differing: readonly Address[];
  readonly invited: readonly InvitedPerson[];
  readonly policy?: PostPolicy;
  readonly replyTo?: "list" | "author";
  readonly authorCopy?: boolean;
  readonly language?: Language;
}

/** Compares. Changes nothing. */
export async function planImport(
  office: AdminContext,
  list: List,
  source: ImportSource,
): Promise<ImportPlan> {
  const roster = new Map<string, Member>();
  for await (const page of rosterPages(office.store, list.id))
    for (const member of page) roster.set(member.address, member);
  const keysTaken = new Map([...roster.values()].map(({ fingerprint, address }) => [fingerprint, address]));
  const added: BulkMember[] = [];
  const present: Address[] = [];
  const differing: Address[] = [];
  const invited: InvitedPerson[] = [];
  for (const person of source.people) {
    const { address } = person;
    const had = roster.get(address);
    if (address === list.address) continue;
    const chosen = await chooseKey(office, list, person);
    if (had !== undefined) {
      const isSame = "read" in chosen && chosen.read.member.fingerprint === had.fingerprint;
      (isSame ? present : differing).push(address);
      continue;
    }
    if (!("read" in chosen)) {
      invited.push({ address, name: nameOf(person), reason: chosen.reason });
      continue;
    }
    const { member, change } = chosen.read;
    const holder = keysTaken.get(member.fingerprint);
    if (holder !== undefined) {
      invited.push({ address, name: nameOf(person), reason: `their key is ${holder}'s on this list` });
      continue;
    }
    keysTaken.set(member.fingerprint, address);
    const { role } = person;
    const roleChange = { do: "role", address, role, ...operatorWord(office) } as const;
    added.push({
      member,
      role,
      isPaused: person.isPaused,
      changes: role === "member" ? [change] : [change, roleChange],
    });
  }
  return {
    list,
    source,
    added,
    present,
    differing,
    invited,
    ...(await settingsOf(office.store, list, source)),
  };
}

/** What the other list has set otherwise. */
async function settingsOf(
  store: Store,
  list: List,
  { policy, replyTo, authorCopy, language }: ImportSource,
): Promise<Pick<ImportPlan, "policy" | "replyTo" | "authorCopy" | "language">> {
  const now = await store.listSettings(list.id);
  return {
    ...(policy === undefined || policy === list.policy ? {} : { policy }),
    ...(replyTo === undefined || replyTo === now.replyTo ? {} : { replyTo }),
    ...(authorCopy === undefined || authorCopy === now.authorCopy ? {} : { authorCopy }),
    ...(language === undefined || language === now.language ? {} : { language }),
  };
}

/** A name that a header field of every copy can have. */
function nameOf({ name, address }: ImportedPerson): string {
  const visible = [...(name ?? "").replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ").trim()].slice(
    0,
    MAX_NAME_CHARACTERS,
  );
  return visible.join("").trim() || (address.split("@", 1)[0] ?? address);
}

/**
 * The one key that is somebody's. Attack: anybody can make a key that names somebody else, and leave it in a mailbox or on a
 * keyserver, so of several different keys none is taken.
 */
async function chooseKey(
  office: AdminContext,
  list: List,
  person: ImportedPerson,
): Promise<{ readonly read: ReadMember } | { readonly reason: string }> {
  let reason = "there is no key for this address";
  const usable = new Map<string, { readonly read: ReadMember; readonly until: number }>();
  for (const certificate of person.certificates) {
    if (certificate.length > MAX_CERTIFICATE_BYTES) {
      reason = "the key has too many signatures: export it with gpg --export-options export-minimal";
      continue;
    }
    try {
      const request = { address: person.address, name: nameOf(person), certificate, shape: "mixed" } as const;
      const read = await readNewMember(office, list, request);
      const ends = await expirationOf((await parseSealingKey("member", certificate)).certificate);
      const until = ends instanceof Date ? ends.getTime() : Number.MAX_SAFE_INTEGER;
      const { fingerprint } = read.member;
      if ((usable.get(fingerprint)?.until ?? -1) < until) usable.set(fingerprint, { read, until });
    } catch (error) {
      if (!(error instanceof ListSealError)) throw error;
      reason = error.code === "weak-algorithm" ? TOO_WEAK : error.message;
    }
  }
  const [only, another] = usable.values();
  if (only === undefined) return { reason };
  if (another === undefined) return { read: only.read };
  return {
    reason: `there are several keys, and only they know which is theirs: ${[...usable.keys()].join(", ")}`,
  };
}

const TOO_WEAK = `the key is too weak (RSA below ${MIN_RSA_BITS} bits, DSA or ElGamal), or can't encrypt`;

/** The dry view. */
export function importLines(plan: ImportPlan): readonly string[] {
  const { list, source, added, present, differing, invited } = plan;
  const line = (label: string, text: string) => `${label.padEnd(12)} ${text}`;
  return [
    line("from", source.origin),
    line("to", list.address),
    ...added.map(({ member, role, isPaused }) =>
      line(
        "add",
        `${member.address}  ${member.name}  ${role}${isPaused ? ", without copies for now" : ""}  ${member.fingerprint.toUpperCase()}`,
      ),
    ),
    ...present.map((address) => line("already in", address)),
    ...differing.map((address) => line("stays", `${address}, on the list with another key`)),
    ...invited.map(({ address, reason }) => line("to invite", `${address}: ${reason}`)),
    ...(plan.policy === undefined ? [] : [line("setting", `policy ${plan.policy}`)]),
    ...(plan.replyTo === undefined ? [] : [line("setting", `replies go to the ${plan.replyTo}`)]),
    ...(plan.authorCopy === undefined
      ? []
      : [line("setting", `authors get ${plan.authorCopy ? "a" : "no"} copy`)]),
    ...(plan.language === undefined ? [] : [line("setting", `language ${plan.language}`)]),
    ...source.lost.map((text) => line("lost", text)),
    line(
      "in all",
      `${added.length} to add, who go on with gpg; ${present.length + differing.length} on the list already; ${invited.length} to invite`,
    ),
  ];
}

/** True if there is nothing left to change on this side. */
export const isDone = ({ added, policy, replyTo, authorCopy, language }: ImportPlan): boolean =>
  added.length === 0 && [policy, replyTo, authorCopy, language].every((setting) => setting === undefined);

/** What an import has done. */
export interface ImportOutcome {
  /** For the owner: whom to invite; `undefined` if there is nobody. */
  readonly invitees?: string;
}

/** Carries a plan out: all of it in one transaction, or nothing. @throws Conflict if the roster has changed meanwhile */
export async function carryOutImport(
  office: AdminContext & { readonly folder: DataFolder },
  plan: ImportPlan,
): Promise<ImportOutcome> {
  const { store, folder } = office;
  const { list, added, invited, policy, replyTo, authorCopy, language } = plan;
  if (!isDone(plan)) {
    const settings = {
      ...(await store.listSettings(list.id)),
      ...(replyTo === undefined ? {} : { replyTo }),
      ...(authorCopy === undefined ? {} : { authorCopy }),
      ...(language === undefined ? {} : { language }),
    };
    await store.addMembers(
      list.id,
      {
        members: added,
        ...(policy === undefined
          ? {}
          : { policy: { policy, change: { do: "policy", policy, ...operatorWord(office) } } }),
        settings,
      },
      office.now(),
    );
  }
  if (invited.length === 0) return {};
  const imports = join(folder.path, "imports");
  await mkdir(imports, { recursive: true, mode: 0o700 });
  const invitees = join(imports, `${list.address.replaceAll("/", "_")}-to-invite.csv`);
  const lines = [
    ["address", "name", "reason"],
    ...invited.map(({ address, name, reason }) => [address, name, reason]),
  ];
  await writeDurably(invitees, lines.map(csvLine).join(""), 0o600);
  return { invitees };
}
