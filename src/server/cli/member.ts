/** `member add|remove|role|list|export|show|suspend|resume`. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { type CopyShape, copyShapes } from "../../mail/part-types.js";
import { addMember, BadRequest, findList, findMember, setRole } from "../admin/administration.js";
import { addMembers, exportedRoster, removeMembers } from "../admin/bulk-members.js";
import { CertificatePool } from "../admin/import/certificates.js";
import { addressesInCsv, importFromCsv } from "../admin/import/from-csv.js";
import type { GlobalOptions } from "../admin/site.js";
import { DAY_MS } from "../base/limits.js";
import { secretFromText } from "../store/member-secrets.js";
import { deliveryStatusesOn, rosterPages } from "../store/roster-pages.js";
import { type Member, type MemberRole, roles } from "../store/store.js";
import {
  type CliContext,
  countOf,
  print,
  readCertificateFile,
  readSmallFile,
  spaced,
  withContext,
} from "./cli-context.js";

const describeMember = (member: Member): string =>
  `${member.address}  ${member.name}  ${member.shape}  ${spaced(member.fingerprint)}`;

/** What `member add` was told. */
interface AddOptions {
  readonly key?: string;
  readonly name?: string;
  readonly many?: string;
  readonly shape: CopyShape;
  readonly secretFile?: string;
  readonly senderSecretFile?: string;
}

const readSecretFile = async (path: string): Promise<Uint8Array> =>
  secretFromText((await readSmallFile(path)).toString("latin1"));

/** One member a line; what is unusual comes at the end. */
async function listMembers({ store }: CliContext, listId: number): Promise<void> {
  for await (const page of rosterPages(store, listId)) {
    const statuses = await deliveryStatusesOn(store, page, 0);
    for (const member of page) {
      const status = statuses.get(member.id);
      const marks = [
        ...(member.role === "member" ? [] : [member.role]),
        ...(status?.suspension === undefined ? [] : ["SUSPENDED"]),
        ...(status?.unusableSince === undefined ? [] : ["NO USABLE KEY"]),
      ];
      print([describeMember(member), ...marks].join("  "));
    }
  }
}

async function showMember({ store }: CliContext, member: Member): Promise<void> {
  const suspension = await store.suspension(member.id);
  const key = await store.unusableKey(member.id);
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  for (const line of [
    `member       ${member.address} (${member.name}), number ${member.id}`,
    `role         ${member.role}, since ${day(member.added)}`,
    `copies       ${suspension === undefined ? `sent, shape ${member.shape}` : `SUSPENDED since ${day(suspension.since)} (${suspension.reason})`}`,
    `key          ${spaced(member.fingerprint)}${key === undefined ? "" : ` NO USABLE KEY (${key})`}`,
    ...(member.copiesSecret === undefined ? [] : [`copies under secret ${member.copiesSecret}`]),
    ...(member.postsSecret === undefined ? [] : [`posts under  secret ${member.postsSecret}`]),
    ...(await store.bounces(member.id, 0)).map(
      (bounce) => `bounced      ${day(bounce.day * DAY_MS)} ${bounce.severity} ${bounce.reason}`,
    ),
  ]) {
    print(line);
  }
}

/** Adds the commands about members. */
export function addMemberCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  const member = program.command("member").description("manage a list's members");
  const command = (name: string, description: string) =>
    member.command(name).description(description).argument("<list>", "the list's mail address");
  const about = (name: string, description: string) =>
    command(name, description).argument("<address>", "the member's mail address");

  command("add", "add a member, or everybody in a table")
    .argument("[address]", "the member's mail address")
    .option("--key <file>", "the member's certificate (public key)")
    .option("--name <name>", "the member's name, as others see it")
    .addOption(
      new Option(
        "--many <file>",
        "everybody in a table with the columns address, name, role, and key (a file) or certificate; all of them, or nobody",
      ).conflicts(["key", "name", "secretFile", "senderSecretFile"]),
    )
    .addOption(
      new Option("--shape <shape>", "encrypted for Thunderbird with the add-on, mixed for any mail program")
        .choices([...copyShapes])
        .default("mixed"),
    )
    .option(
      "--secret-file <file>",
      "a secret shared with this member (64 hex digits): copies are sealed under it, not to the key",
    )
    .option(
      "--sender-secret-file <file>",
      "another secret shared with this member: posts may be sealed under it, not to the server key",
    )
    .action((listAddress: string, address: string | undefined, options: AddOptions) =>
      withContext(global(), async (desk) => {
        const { key, name, shape, many, secretFile, senderSecretFile } = options;
        if (many !== undefined && address === undefined) {
          const { people } = await importFromCsv(many, new CertificatePool());
          print(`added        ${countOf(await addMembers(desk, listAddress, people, shape))}`);
          return;
        }
        if (address === undefined || key === undefined || name === undefined) {
          throw new BadRequest("member add needs a member's address, --key and --name; or --many on its own");
        }
        const request = {
          address,
          name,
          certificate: await readCertificateFile(key),
          shape,
          ...(secretFile === undefined ? {} : { copiesSecret: await readSecretFile(secretFile) }),
          ...(senderSecretFile === undefined ? {} : { postsSecret: await readSecretFile(senderSecretFile) }),
        };
        print(`added        ${describeMember(await addMember(desk, listAddress, request))}`);
      }),
    );
  command("remove", "remove members; copies still queued for them are not sent")
    .argument("[address...]", "the members' mail addresses")
    .option("--many <file>", "everybody in a table with the column address; all of them, or nobody")
    .action((listAddress: string, addresses: readonly string[], { many }: { many?: string }) =>
      withContext(global(), async (desk) => {
        if ((addresses.length === 0) === (many === undefined)) {
          throw new BadRequest("member remove needs members' addresses, or --many on its own");
        }
        const named = many === undefined ? addresses : await addressesInCsv(many);
        const removed = await removeMembers(desk, listAddress, named);
        if (many !== undefined) print(`removed      ${countOf(removed.length)}`);
        else for (const each of removed) print(`removed      ${describeMember(each)}`);
      }),
    );
  command("export", "print the roster, with certificates, as a table that member add --many takes").action(
    (listAddress: string) =>
      withContext(global(), async (desk) => {
        const { id } = await findList(desk, listAddress);
        for await (const line of exportedRoster(desk.store, id)) process.stdout.write(line);
      }),
  );
  about("role", "change a member's role")
    .argument("<role>", roles.join(", "), (text: string): MemberRole => {
      const role = roles.find((each) => each === text);
      if (role === undefined) throw new InvalidArgumentError(`The role must be one of ${roles.join(", ")}.`);
      return role;
    })
    .action((listAddress: string, address: string, role: MemberRole) =>
      withContext(global(), async (desk) => {
        await showMember(desk, await setRole(desk, listAddress, address, role));
      }),
    );
  command("list", "list all members").action((listAddress: string) =>
    withContext(global(), async (desk) => listMembers(desk, (await findList(desk, listAddress)).id)),
  );
  command("show", "show one member and their bounces, or list all members")
    .argument("[address]", "the member's mail address")
    .action((listAddress: string, address: string | undefined) =>
      withContext(global(), async (desk) => {
        if (address === undefined) await listMembers(desk, (await findList(desk, listAddress)).id);
        else await showMember(desk, await findMember(desk, listAddress, address));
      }),
    );
  about("suspend", "stop sending copies to a member, who stays on the roster").action(
    (listAddress: string, address: string) =>
      withContext(global(), async (desk) => {
        const found = await findMember(desk, listAddress, address);
        await desk.store.suspendMember(found.id, "operator", desk.now());
        await showMember(desk, found);
      }),
  );
  command("resume", "send copies to a suspended member again, and clear their bounces")
    .argument("[address]", "the member's mail address")
    .option("--all", "everyone suspended because of bounces, but not those you suspended yourself")
    .action((listAddress: string, address: string | undefined, { all }: { all?: true }) =>
      withContext(global(), async (desk) => {
        if ((address === undefined) === (all === undefined)) {
          throw new BadRequest("member resume needs a member's address, or --all");
        }
        if (address === undefined) {
          const { id } = await findList(desk, listAddress);
          const found = await desk.store.suspendedMembers(id, "bounces");
          for (const member of found) await desk.store.resumeMember(member);
          print(`resumed      ${countOf(found.length)}`);
          return;
        }
        const found = await findMember(desk, listAddress, address);
        await desk.store.resumeMember(found.id);
        await showMember(desk, found);
      }),
    );
}
