/** `member add|remove|role|list|show|suspend|resume`. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { DAY_MS } from "../kept/limits.js";
import { secretFromText } from "../kept/member-secrets.js";
import { deliveryStatusesOn, rosterPages } from "../kept/roster-pages.js";
import { type Member, type MemberRole, roles, type Shape } from "../kept/store.js";
import { addMember, BadRequest, findList, findMember, removeMember, setRole } from "./administration.js";
import {
  atDesk,
  type Desk,
  type GlobalOptions,
  readCertificate,
  readSmallFile,
  say,
  spaced,
} from "./cli-desk.js";

const describeMember = (member: Member): string =>
  `${member.address}  ${member.name}  ${member.shape}  ${spaced(member.fingerprint)}`;

/** What `member add` was told. */
interface AddOptions {
  readonly key: string;
  readonly name: string;
  readonly shape: Shape;
  readonly secretFile?: string;
  readonly senderSecretFile?: string;
}

const readSecretFile = async (path: string): Promise<Uint8Array> =>
  secretFromText((await readSmallFile(path)).toString("latin1"));

/** One member a line; what is not as usual stands behind. */
async function listMembers({ store }: Desk, listId: number): Promise<void> {
  for await (const page of rosterPages(store, listId)) {
    const statuses = await deliveryStatusesOn(store, page, 0);
    for (const member of page) {
      const status = statuses.get(member.id);
      const marks = [
        ...(member.role === "member" ? [] : [member.role]),
        ...(status?.suspension === undefined ? [] : ["SUSPENDED"]),
        ...(status?.unusableSince === undefined ? [] : ["NO USABLE KEY"]),
      ];
      say([describeMember(member), ...marks].join("  "));
    }
  }
}

async function showMember({ store }: Desk, member: Member): Promise<void> {
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
    say(line);
  }
}

/** Adds the commands about members. */
export function addMemberCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  const member = program.command("member").description("keep a list's roster");
  const command = (name: string, description: string) =>
    member.command(name).description(description).argument("<list>", "the list's mail address");
  const about = (name: string, description: string) =>
    command(name, description).argument("<address>", "the member's mail address");

  about("add", "add a member")
    .requiredOption("--key <file>", "the member's certificate (public key)")
    .requiredOption("--name <name>", "the member's name, as others see it")
    .addOption(
      new Option("--shape <shape>", "for Thunderbird with the add-on, or for any mail program")
        .choices(["encrypted", "mixed"])
        .default("mixed"),
    )
    .option(
      "--secret-file <file>",
      "a secret shared with this member, 64 hex digits: copies are sealed under it and not to the key",
    )
    .option(
      "--sender-secret-file <file>",
      "another secret shared with this member: posts may come under it and not to the server's key",
    )
    .action((listAddress: string, address: string, options: AddOptions) =>
      atDesk(global(), async (desk) => {
        const { key, name, shape, secretFile, senderSecretFile } = options;
        const request = {
          address,
          name,
          certificate: await readCertificate(key),
          shape,
          ...(secretFile === undefined ? {} : { copiesSecret: await readSecretFile(secretFile) }),
          ...(senderSecretFile === undefined ? {} : { postsSecret: await readSecretFile(senderSecretFile) }),
        };
        say(`added        ${describeMember(await addMember(desk, listAddress, request))}`);
      }),
    );
  about("remove", "remove a member; copies that wait for them are not sent").action(
    (listAddress: string, address: string) =>
      atDesk(global(), async (desk) => {
        say(`removed      ${describeMember(await removeMember(desk, listAddress, address))}`);
      }),
  );
  about("role", "make a member an owner or moderator, or an ordinary member again")
    .argument("<role>", roles.join(", "), (text: string): MemberRole => {
      const role = roles.find((each) => each === text);
      if (role === undefined) throw new InvalidArgumentError(`A role is one of ${roles.join(", ")}.`);
      return role;
    })
    .action((listAddress: string, address: string, role: MemberRole) =>
      atDesk(global(), async (desk) => {
        await showMember(desk, await setRole(desk, listAddress, address, role));
      }),
    );
  command("list", "list a roster").action((listAddress: string) =>
    atDesk(global(), async (desk) => listMembers(desk, (await findList(desk, listAddress)).id)),
  );
  command("show", "show one member with what bounced, or list a roster")
    .argument("[address]", "the member's mail address")
    .action((listAddress: string, address: string | undefined) =>
      atDesk(global(), async (desk) => {
        if (address === undefined) await listMembers(desk, (await findList(desk, listAddress)).id);
        else await showMember(desk, await findMember(desk, listAddress, address));
      }),
    );
  about("suspend", "send a member no copies for now; they stay on the roster").action(
    (listAddress: string, address: string) =>
      atDesk(global(), async (desk) => {
        const found = await findMember(desk, listAddress, address);
        await desk.store.suspendMember(found.id, "operator", desk.now());
        await showMember(desk, found);
      }),
  );
  command("resume", "send a suspended member copies again, and forget their bounces")
    .argument("[address]", "the member's mail address")
    .option("--all", "everybody on the list whose copies came back; not those whom you suspended yourself")
    .action((listAddress: string, address: string | undefined, { all }: { all?: true }) =>
      atDesk(global(), async (desk) => {
        if ((address === undefined) === (all === undefined)) {
          throw new BadRequest("member resume needs a member's address, or --all");
        }
        if (address === undefined) {
          const { id } = await findList(desk, listAddress);
          const found = await desk.store.suspendedMembers(id, "bounces");
          for (const member of found) await desk.store.resumeMember(member);
          say(`resumed      ${found.length} ${found.length === 1 ? "member" : "members"}`);
          return;
        }
        const found = await findMember(desk, listAddress, address);
        await desk.store.resumeMember(found.id);
        await showMember(desk, found);
      }),
    );
}
