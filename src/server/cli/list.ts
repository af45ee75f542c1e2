/** `list create|show|set|set-key|retire|resume`. */
import { type Command, Option } from "commander";
import { type Address, parseAddress } from "../../mail/mailbox.js";
import type { Profile } from "../../openpgp/keys.js";
import { profiles } from "../../openpgp/profiles.js";
import { type DeliveryMode, deliveryModes, type Mode, modes } from "../../protocol/message.js";
import {
  BadRequest,
  createList,
  findList,
  type ListKeySource,
  retireList,
  setListKey,
  setPolicy,
} from "../admin/administration.js";
import { deleteAllServerKeys, makeNextServerKey } from "../admin/new-server-key.js";
import { resumeList } from "../admin/resume-list.js";
import { issueCard, mailCard } from "../admin/server-card.js";
import type { GlobalOptions, ServerSite } from "../admin/site.js";
import { openLog } from "../base/log.js";
import type { RelayOptions } from "../delivery/relay.js";
import { ListsInUse } from "../store/lists-in-use.js";
import { certificatePathOf } from "../store/server-keys.js";
import { type List, type PostPolicy, postPolicies } from "../store/store.js";
import { type Language, languages } from "../texts/language.js";
import {
  type CliContext,
  print,
  readCertificateFile,
  readSmallFile,
  spaced,
  withContext,
} from "./cli-context.js";
import { relayOf } from "./serve.js";

interface CreateOptions {
  readonly name: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  readonly language: Language;
  readonly listKey?: string;
  readonly listSecret?: string;
  readonly mailCard?: Address;
}

/** The list key that options name. */
async function keyIn(
  options: Pick<CreateOptions, "listKey" | "listSecret">,
): Promise<ListKeySource | undefined> {
  if (options.listSecret !== undefined) return { secretId: options.listSecret };
  return options.listKey === undefined ? undefined : readCertificateFile(options.listKey);
}

const listSecretOption = () =>
  new Option(
    "--list-secret <id>",
    "the id of the list's secret, if its key is one; never the secret itself",
  ).conflicts("listKey");

interface SetOptions {
  readonly policy?: PostPolicy;
  readonly replyTo?: "list" | "author";
  readonly authorCopy?: "yes" | "no";
  readonly language?: Language;
}

async function show({ store, heads, folder }: CliContext, list: List): Promise<void> {
  const { replyTo, authorCopy, language, showsMembers, retired } = await store.listSettings(list.id);
  const members = (await store.rosterSizes()).get(list.address) ?? 0;
  const { number, hash } = await store.recordHead(list.id);
  const state =
    retired !== undefined
      ? `retired on ${new Date(retired).toISOString().slice(0, 10)}`
      : (await heads.paused()).has(list.address)
        ? "paused after a restore until its owner resumes it (list resume)"
        : list.listKeyFingerprint === undefined
          ? "accepts no posts yet: it has no list key (list set-key)"
          : "accepts posts";
  for (const line of [
    `list         ${list.address} (${list.name})`,
    `state        ${state}`,
    `mode         ${list.mode}, delivery ${list.delivery}, profile ${list.profile}`,
    `posts        policy ${list.policy}, replies go to the ${replyTo}, authors get ${authorCopy ? "a" : "no"} copy, members ${showsMembers ? "see" : "don't see"} each other`,
    `language     ${language}`,
    `server key   ${spaced(list.serverFingerprint)}`,
    `certificate  ${certificatePathOf(folder, list.serverFingerprint)}`,
    `list key     ${list.listKeyFingerprint === undefined ? "none yet (list set-key)" : spaced(list.listKeyFingerprint)}`,
    `record       entry ${number} ${hash}`,
    `members      ${members}`,
  ]) {
    print(line);
  }
}

async function issue(desk: CliContext, list: List, mailTo: RelayedTo | undefined): Promise<void> {
  const card = await issueCard(desk, list);
  const { path, expires } = card;
  print(`server card  ${path}`);
  print(
    `             for the person who will own the list; it expires on ${expires.toISOString().slice(0, 10)}.`,
  );
  print(
    "             Anyone who has it can claim the list: send it privately, and read the list's server key",
  );
  print("             (list show) to the owner by telephone.");
  if (mailTo === undefined) return;
  const { language } = await desk.store.listSettings(list.id);
  await mailCard(mailTo.relay, list, card, mailTo.address, { now: new Date(desk.now()), language });
  print(`mailed to    ${mailTo.address}`);
}

/** Who gets a card, and by what way. */
interface RelayedTo {
  readonly address: Address;
  readonly relay: RelayOptions;
}

/** Before anything is made: without a relay there is no card to be mailed. @throws BadRequest */
const relayedTo = async (site: ServerSite, address?: Address): Promise<RelayedTo | undefined> =>
  address === undefined ? undefined : { address, relay: await relayOf(site.config) };

const mailCardOption = () =>
  new Option(
    "--mail-card <address>",
    "mail the server card to the person who will own the list; the mail is not encrypted",
  ).argParser((text) => parseAddress(text));

const languageOption = () =>
  new Option(
    "--language <language>",
    "of the mails that the server itself writes: to members, to owners, with the card",
  ).choices(languages);

/** Adds the commands about lists. */
export function addListCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  const list = program.command("list").description("create, show, change and retire lists");
  list
    .command("create")
    .argument("<address>", "the list's mail address")
    .description("create a list with its own server key")
    .requiredOption("--name <name>", "the list's name, as members see it")
    .addOption(new Option("--mode <mode>", "what is sealed twice").choices(modes).default("key"))
    .addOption(
      new Option(
        "--delivery <delivery>",
        "seal each copy for its member, or send it as opened (a former member who taps the line can then read it)",
      )
        .choices(deliveryModes)
        .default("resealed"),
    )
    .addOption(
      new Option("--profile <profile>", "OpenPGP that GnuPG can read, or RFC 9580")
        .choices(profiles)
        .default("compatible"),
    )
    .addOption(languageOption().default("en"))
    .option("--list-key <file>", "the public list key, if it already exists")
    .addOption(listSecretOption())
    .addOption(mailCardOption().conflicts(["listKey", "listSecret"]))
    .action((address: string, { mailCard: owner, listKey: file, listSecret, ...rest }: CreateOptions) =>
      withContext(global(), async (desk, site) => {
        const mailTo = await relayedTo(site, owner);
        const listKey = await keyIn({
          ...(file === undefined ? {} : { listKey: file }),
          ...(listSecret === undefined ? {} : { listSecret }),
        });
        const { list: created } = await createList(desk, {
          address,
          ...rest,
          ...(listKey === undefined ? {} : { listKey }),
        });
        await show(desk, created);
        if (listKey === undefined) await issue(desk, created, mailTo);
      }),
    );
  list
    .command("card")
    .argument("<address>", "the list's mail address")
    .description("issue a new server card for a list that has no owner yet; earlier cards stop working")
    .addOption(mailCardOption())
    .action((address: string, { mailCard: owner }: { mailCard?: Address }) =>
      withContext(global(), async (desk, site) =>
        issue(desk, await findList(desk, address), await relayedTo(site, owner)),
      ),
    );
  list
    .command("show")
    .argument("[address]", "one list (default: all lists)")
    .description("show lists")
    .action((address: string | undefined) =>
      withContext(global(), async (desk) => {
        const shown = address === undefined ? await desk.store.lists() : [await findList(desk, address)];
        for (const each of shown) await show(desk, each);
      }),
    );
  list
    .command("set-key")
    .argument("<address>", "the list's mail address")
    .description("set a list's public list key; the list then accepts posts")
    .option("--list-key <file>", "the public list key")
    .addOption(listSecretOption())
    .action((address: string, options: Pick<CreateOptions, "listKey" | "listSecret">) =>
      withContext(global(), async (desk) => {
        const key = await keyIn(options);
        if (key === undefined)
          throw new BadRequest("say which list key: --list-key FILE, or --list-secret ID for a secret");
        const changed = await setListKey(desk, address, key);
        print(`list key     ${spaced(changed.listKeyFingerprint ?? "")}`);
      }),
    );
  list
    .command("new-server-key")
    .argument("<address>", "the list's mail address")
    .description(
      "create another server key and ask the owners to approve it; it is used once one of them agrees",
    )
    .action((address: string) =>
      withContext(global(), async (desk) => {
        const found = await findList(desk, address);
        const log = openLog();
        const lists = new ListsInUse(desk.store, desk.folder);
        const { key, asked } = await makeNextServerKey({ ...desk, lists, log }, found);
        print(`server key   ${spaced(key.fingerprint)}`);
        print(
          `             ${asked} ${asked === 1 ? "owner was" : "owners were"} asked: read these characters to one of them by telephone`,
        );
      }),
    );
  list
    .command("set")
    .argument("<address>", "the list's mail address")
    .description("change a list's settings")
    .addOption(
      new Option("--policy <policy>", "who may post, and whether a moderator approves posts").choices(
        postPolicies,
      ),
    )
    .addOption(
      new Option(
        "--reply-to <whom>",
        "where replies go; author puts the author's address on every copy, unencrypted",
      ).choices(["list", "author"]),
    )
    .addOption(
      new Option("--author-copy <yes|no>", "whether authors get copies of their own posts").choices([
        "yes",
        "no",
      ]),
    )
    .addOption(languageOption())
    .action((address: string, { policy, replyTo, authorCopy, language }: SetOptions) =>
      withContext(global(), async (desk) => {
        const { id } = await findList(desk, address);
        if (policy !== undefined) await setPolicy(desk, address, policy);
        await desk.store.setListSettings(id, {
          ...(await desk.store.listSettings(id)),
          ...(replyTo === undefined ? {} : { replyTo }),
          ...(authorCopy === undefined ? {} : { authorCopy: authorCopy === "yes" }),
          ...(language === undefined ? {} : { language }),
        });
        await show(desk, await findList(desk, address));
      }),
    );
  list
    .command("retire")
    .argument("<address>", "the list's mail address")
    .description("close a list permanently, and delete its server key once its queue is empty")
    .action((address: string) =>
      withContext(global(), async (desk) => {
        // first: from here on no older database opens it again
        await desk.heads.retire(desk.store, await findList(desk, address));
        const retired = await retireList(desk, address);
        if (retired.key === "deleted") await deleteAllServerKeys(desk, await findList(desk, address));
        print(
          retired.key === "deleted"
            ? "retired; the list's secret server key was deleted"
            : `retired; ${retired.copies} copies are still queued: run this again when they are gone, to delete the server key`,
        );
      }),
    );
  list
    .command("resume")
    .argument("<address>", "the list's mail address")
    .argument("<file>", "the owner's signed request")
    .description("resume a list that was paused by a restore")
    .action((address: string, file: string) =>
      withContext(global(), async (desk) => {
        const found = await findList(desk, address);
        const armored = (await readSmallFile(file)).toString("utf8");
        const { owner, setAside } = await resumeList(desk, found, armored);
        print(`resumed by ${owner.address}; earlier signatures are refused`);
        print(`set aside    ${setAside} copies of the backup's queue (queue show --aside)`);
      }),
    );
}
