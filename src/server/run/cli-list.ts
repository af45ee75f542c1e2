/** `list create|show|set|set-key|retire|resume`. */
import { type Command, Option } from "commander";
import type { Profile } from "../../protocol/keys.js";
import type { Delivery, Mode } from "../../protocol/message.js";
import { ListsInUse } from "../kept/lists-in-use.js";
import { openLog } from "../kept/log.js";
import { certificatePathOf } from "../kept/server-keys.js";
import { type List, type PostPolicy, postPolicies } from "../kept/store.js";
import { createList, findList, retireList, setListKey, setPolicy } from "./administration.js";
import {
  atDesk,
  type Desk,
  type GlobalOptions,
  readCertificate,
  readSmallFile,
  say,
  spaced,
} from "./cli-desk.js";
import { deleteAllServerKeys, makeNextServerKey } from "./new-server-key.js";
import { resumeList } from "./restored.js";
import { issueCard } from "./server-card.js";

interface CreateOptions {
  readonly name: string;
  readonly mode: Mode;
  readonly delivery: Delivery;
  readonly profile: Profile;
  readonly listKey?: string;
}

interface SetOptions {
  readonly policy?: PostPolicy;
  readonly replyTo?: "list" | "author";
  readonly authorCopy?: "yes" | "no";
}

async function show({ store, heads, folder }: Desk, list: List): Promise<void> {
  const { replyTo, authorCopy, retired } = await store.listSettings(list.id);
  const members = (await store.rosterSizes()).get(list.address) ?? 0;
  const { number, hash } = await store.recordHead(list.id);
  const state =
    retired !== undefined
      ? `retired on ${new Date(retired).toISOString().slice(0, 10)}`
      : (await heads.paused()).has(list.address)
        ? "paused: waits for its owner after a restore (list resume)"
        : list.listKeyFingerprint === undefined
          ? "takes no posts yet: it has no list key (list set-key)"
          : "takes posts";
  for (const line of [
    `list         ${list.address} (${list.name})`,
    `state        ${state}`,
    `mode         ${list.mode}, delivery ${list.delivery}, profile ${list.profile}`,
    `posts        policy ${list.policy}, Reply-To the ${replyTo}, author ${authorCopy ? "gets" : "gets no"} copy`,
    `server key   ${spaced(list.serverFingerprint)}`,
    `certificate  ${certificatePathOf(folder, list.serverFingerprint)}`,
    `list key     ${list.listKeyFingerprint === undefined ? "none yet: list set-key" : spaced(list.listKeyFingerprint)}`,
    `record       entry ${number} ${hash}`,
    `members      ${members}`,
  ]) {
    say(line);
  }
}

async function issue(desk: Desk, list: List): Promise<void> {
  const { path, expires } = await issueCard(desk, list);
  say(`server card  ${path}`);
  say(
    `             for the person who will own the list, until ${expires.toISOString().slice(0, 10)}; whoever`,
  );
  say("             has it can claim the list, so send it in private, and read out the server key above");
}

/** Adds the commands about lists. */
export function addListCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  const list = program.command("list").description("create, show, change and retire lists");
  list
    .command("create")
    .argument("<address>", "the list's mail address")
    .description("create a list, with a server key of its own")
    .requiredOption("--name <name>", "the list's name, as members see it")
    .addOption(new Option("--mode <mode>", "what is sealed twice").choices(["key", "whole"]).default("key"))
    .addOption(
      new Option(
        "--delivery <delivery>",
        "sealed again for each member, or sent on as opened (a former member who taps the wire can then read)",
      )
        .choices(["resealed", "opened"])
        .default("resealed"),
    )
    .addOption(
      new Option("--profile <profile>", "OpenPGP that GnuPG reads, or RFC 9580")
        .choices(["compatible", "rfc9580"])
        .default("compatible"),
    )
    .option("--list-key <file>", "the public list key, if it is made already")
    .action((address: string, { listKey, ...rest }: CreateOptions) =>
      atDesk(global(), async (desk) => {
        const key = listKey === undefined ? {} : { listKey: await readCertificate(listKey) };
        const { list: created } = await createList(desk, { address, ...rest, ...key });
        await show(desk, created);
        if (listKey === undefined) await issue(desk, created);
      }),
    );
  list
    .command("card")
    .argument("<address>", "the list's mail address")
    .description("make a new server card for a list that nobody owns yet; an earlier card is good no more")
    .action((address: string) =>
      atDesk(global(), async (desk) => issue(desk, await findList(desk, address))),
    );
  list
    .command("show")
    .argument("[address]", "one list; every list if left out")
    .description("show lists")
    .action((address: string | undefined) =>
      atDesk(global(), async (desk) => {
        const shown = address === undefined ? await desk.store.lists() : [await findList(desk, address)];
        for (const each of shown) await show(desk, each);
      }),
    );
  list
    .command("set-key")
    .argument("<address>", "the list's mail address")
    .description("give a list its public list key; it takes posts from then on")
    .requiredOption("--list-key <file>", "the public list key")
    .action((address: string, options: { listKey: string }) =>
      atDesk(global(), async (desk) => {
        const changed = await setListKey(desk, address, await readCertificate(options.listKey));
        say(`list key     ${spaced(changed.listKeyFingerprint ?? "")}`);
      }),
    );
  list
    .command("new-server-key")
    .argument("<address>", "the list's mail address")
    .description(
      "make another server key, and ask the owners about it; it is used when one of them has agreed",
    )
    .action((address: string) =>
      atDesk(global(), async (desk) => {
        const found = await findList(desk, address);
        const log = openLog(process.stderr);
        const lists = new ListsInUse(desk.store, desk.folder);
        const { key, asked } = await makeNextServerKey({ ...desk, lists, log }, found);
        say(`server key   ${spaced(key.fingerprint)}`);
        say(`             ${asked} owners are asked: read these characters out to one of them by telephone`);
      }),
    );
  list
    .command("set")
    .argument("<address>", "the list's mail address")
    .description("change a list's settings")
    .addOption(
      new Option("--policy <policy>", "who may post, and whether a moderator decides").choices(postPolicies),
    )
    .addOption(
      new Option(
        "--reply-to <whom>",
        "where answers go; author puts the author's address on every copy, in the clear",
      ).choices(["list", "author"]),
    )
    .addOption(
      new Option("--author-copy <yes|no>", "whether authors get their own posts").choices(["yes", "no"]),
    )
    .action((address: string, { policy, replyTo, authorCopy }: SetOptions) =>
      atDesk(global(), async (desk) => {
        const { id } = await findList(desk, address);
        if (policy !== undefined) await setPolicy(desk, address, policy);
        await desk.store.setListSettings(id, {
          ...(await desk.store.listSettings(id)),
          ...(replyTo === undefined ? {} : { replyTo }),
          ...(authorCopy === undefined ? {} : { authorCopy: authorCopy === "yes" }),
        });
        await show(desk, await findList(desk, address));
      }),
    );
  list
    .command("retire")
    .argument("<address>", "the list's mail address")
    .description("close a list for ever, and delete its server key once its queue is empty")
    .action((address: string) =>
      atDesk(global(), async (desk) => {
        // first: from here on no older database opens it again
        await desk.heads.retire(desk.store, await findList(desk, address));
        const retired = await retireList(desk, address);
        if (retired.key === "deleted") await deleteAllServerKeys(desk, await findList(desk, address));
        say(
          retired.key === "deleted"
            ? "retired; the list's secret server key is deleted"
            : `retired; ${retired.copies} copies wait: run this again when they are gone, to delete the server key`,
        );
      }),
    );
  list
    .command("resume")
    .argument("<address>", "the list's mail address")
    .argument("<file>", "the owner's signed request")
    .description("let a list go on that was restored from a backup")
    .action((address: string, file: string) =>
      atDesk(global(), async (desk) => {
        const found = await findList(desk, address);
        const armored = (await readSmallFile(file)).toString("utf8");
        const { owner, setAside } = await resumeList(desk, found, armored);
        say(`resumed by ${owner.address}; signatures from before are refused`);
        say(`set aside    ${setAside} copies of the backup's queue (queue show --aside)`);
      }),
    );
}
