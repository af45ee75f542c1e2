#!/usr/bin/env node
/**
 * The command `listseal-server`: sets up lists and rosters, and serves them.
 *
 * What it prints on standard output is the answer, for people and scripts; what went wrong is one line on standard
 * error, and the exit code is 1. Every command but `serve` may be used while a server runs, and takes effect at once.
 */
import { open } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { ListSealError } from "../protocol/errors.js";
import type { Profile } from "../protocol/keys.js";
import type { Delivery, Mode } from "../protocol/message.js";
import {
  addMember,
  BadRequest,
  createList,
  findList,
  type Office,
  removeMember,
  setListKey,
} from "./administration.js";
import { type DataFolder, dataFolder, isInitialised, makeFolders } from "./data-folder.js";
import { MAX_CERTIFICATE_BYTES } from "./limits.js";
import { codeForLog, openLog } from "./log.js";
import type { RelayOptions } from "./relay.js";
import { TooNew } from "./schema.js";
import { AlreadyServed } from "./serve-lock.js";
import { certificatePathOf, KeyFileError } from "./server-keys.js";
import { NotInitialised, startService } from "./service.js";
import type { FrontOptions } from "./smtp.js";
import { DamagedStore, openSqliteStore } from "./sqlite-store.js";
import { Conflict, type List, type Member, type Shape, type Store } from "./store.js";

const say = (line: string) => process.stdout.write(`${line}\n`);

/** A fingerprint as people compare it: in groups of four. */
const spaced = (fingerprint: string) => fingerprint.toUpperCase().replace(/(.{4})(?=.)/g, "$1 ");

interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2525`, `[::1]:2525` or `localhost:2525`. */
function hostAndPort(text: string): Address {
  const { host, six, port } =
    /^(?:\[(?<six>[0-9a-f:]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/i.exec(text)?.groups ?? {};
  const number = Number(port);
  const name = six ?? host;
  if (name === undefined || !(number <= 65_535)) throw new InvalidArgumentError("HOST:PORT is wanted.");
  return { host: name, port: number };
}

/** `smtp://HOST:PORT` or `lmtp://HOST:PORT`. TLS is required of a relay on another machine. */
function relayAt(text: string): RelayOptions {
  const [, protocol, rest = ""] = /^(smtp|lmtp):\/\/([^/]+)\/?$/.exec(text) ?? [];
  if (protocol !== "smtp" && protocol !== "lmtp") {
    throw new InvalidArgumentError("smtp://HOST:PORT or lmtp://HOST:PORT is wanted.");
  }
  const { host, port } = hostAndPort(rest);
  const isLoopback = /^(127\.|::1$|localhost$)/.test(host);
  return { protocol, host, port, tls: isLoopback ? "none" : "require" };
}

/** A certificate file, binary or armored. @throws BadRequest */
async function readCertificate(path: string): Promise<Uint8Array | string> {
  const bytes = Buffer.alloc(MAX_CERTIFICATE_BYTES + 1);
  let length: number;
  try {
    const file = await open(path, "r");
    try {
      ({ bytesRead: length } = await file.read(bytes, 0, bytes.length, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new BadRequest(`${path} can't be read (${codeForLog(error)})`);
  }
  if (length > MAX_CERTIFICATE_BYTES) throw new BadRequest(`${path} is too large for a certificate`);
  const content = bytes.subarray(0, length);
  // the first bit of every packet is set, and no letter of armor is
  return (content[0] ?? 0) >= 0x80 ? content : content.toString("utf8");
}

function describeList(list: List, folder: DataFolder, members: number): readonly string[] {
  return [
    `list         ${list.address} (${list.name})`,
    `mode         ${list.mode}, delivery ${list.delivery}, profile ${list.profile}`,
    `server key   ${spaced(list.serverFingerprint)}`,
    `certificate  ${certificatePathOf(folder, list.serverFingerprint)}`,
    `list key     ${list.listKeyFingerprint === undefined ? "none yet: list set-key" : spaced(list.listKeyFingerprint)}`,
    `members      ${members}`,
  ];
}

function describeMember(member: Member): string {
  return `${member.address}  ${member.name}  ${member.shape}  ${spaced(member.fingerprint)}`;
}

/** What a command works with; the store is open. */
interface Desk extends Office {
  readonly store: Store;
}

function commandLine(): Command {
  const program = new Command("listseal-server")
    .description("Encrypted mailing lists that the server can't read.")
    .requiredOption("--data <dir>", "the server's data folder")
    .showHelpAfterError("(listseal-server --help tells more)")
    .configureHelp({ showGlobalOptions: true });

  const folderOf = () => dataFolder(program.opts<{ data: string }>().data);

  /** Runs `work` with the store of the data folder open. */
  const atDesk = async (work: (desk: Desk) => Promise<void>): Promise<void> => {
    const folder = folderOf();
    if (!isInitialised(folder)) throw new NotInitialised(`${folder.path} holds no server: run init first`);
    const store = openSqliteStore(folder.database);
    try {
      await work({ store, folder, now: () => Date.now() });
    } finally {
      await store.close();
    }
  };

  program
    .command("init")
    .description("make the data folder")
    .action(async () => {
      const folder = folderOf();
      const isNew = !isInitialised(folder);
      await makeFolders(folder);
      await openSqliteStore(folder.database).close();
      say(isNew ? `made ${folder.path}` : `${folder.path} is there already`);
    });

  const list = program.command("list").description("create and show lists");
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
    .action(
      (
        address: string,
        options: { name: string; mode: Mode; delivery: Delivery; profile: Profile; listKey?: string },
      ) =>
        atDesk(async (desk) => {
          const { listKey, ...rest } = options;
          const created = await createList(desk, {
            address,
            ...rest,
            ...(listKey === undefined ? {} : { listKey: await readCertificate(listKey) }),
          });
          for (const line of describeList(created.list, desk.folder, 0)) say(line);
        }),
    );
  list
    .command("show")
    .argument("[address]", "one list; every list if left out")
    .description("show lists")
    .action((address: string | undefined) =>
      atDesk(async (desk) => {
        const shown = address === undefined ? await desk.store.lists() : [await findList(desk, address)];
        for (const each of shown) {
          const members = await desk.store.members(each.id);
          for (const line of describeList(each, desk.folder, members.length)) say(line);
        }
      }),
    );
  list
    .command("set-key")
    .argument("<address>", "the list's mail address")
    .description("give a list its public list key; it takes posts from then on")
    .requiredOption("--list-key <file>", "the public list key")
    .action((address: string, options: { listKey: string }) =>
      atDesk(async (desk) => {
        const changed = await setListKey(desk, address, await readCertificate(options.listKey));
        say(`list key     ${spaced(changed.listKeyFingerprint ?? "")}`);
      }),
    );

  const member = program.command("member").description("keep a list's roster");
  member
    .command("add")
    .argument("<list>", "the list's mail address")
    .argument("<address>", "the member's mail address")
    .description("add a member")
    .requiredOption("--key <file>", "the member's certificate")
    .requiredOption("--name <name>", "the member's name")
    .addOption(
      new Option("--shape <shape>", "copies for Thunderbird with ListSeal, or for any mail program")
        .choices(["encrypted", "mixed"])
        .default("mixed"),
    )
    .action((listAddress: string, address: string, options: { key: string; name: string; shape: Shape }) =>
      atDesk(async (desk) => {
        const added = await addMember(desk, listAddress, {
          address,
          name: options.name,
          shape: options.shape,
          certificate: await readCertificate(options.key),
        });
        say(`added        ${describeMember(added)}`);
      }),
    );
  member
    .command("remove")
    .argument("<list>", "the list's mail address")
    .argument("<address>", "the member's mail address")
    .description("remove a member; copies that wait for them are not sent")
    .action((listAddress: string, address: string) =>
      atDesk(async (desk) => {
        const removed = await removeMember(desk, listAddress, address);
        say(`removed      ${describeMember(removed)}`);
      }),
    );
  member
    .command("show")
    .argument("<list>", "the list's mail address")
    .description("show a list's roster")
    .action((listAddress: string) =>
      atDesk(async (desk) => {
        const { id } = await findList(desk, listAddress);
        for (const each of await desk.store.members(id)) say(describeMember(each));
      }),
    );

  program
    .command("serve")
    .description("take posts and send copies, until SIGTERM")
    .option("--smtp <host:port>", "listen for SMTP; port 0 takes a free one", hostAndPort)
    .option("--lmtp <host:port>", "listen for LMTP, behind Postfix", hostAndPort)
    .requiredOption("--relay <url>", "where copies go: smtp://HOST:PORT or lmtp://HOST:PORT", relayAt)
    .action(async (options: { smtp?: Address; lmtp?: Address; relay: RelayOptions }) => {
      const fronts: FrontOptions[] = [
        ...(options.smtp ? [{ protocol: "smtp", ...options.smtp } as const] : []),
        ...(options.lmtp ? [{ protocol: "lmtp", ...options.lmtp } as const] : []),
      ];
      if (fronts.length === 0) throw new BadRequest("serve needs --smtp or --lmtp");
      const log = openLog();
      const service = await startService({ folder: folderOf(), fronts, relay: options.relay, log });
      for (const { protocol, host, port } of service.fronts) {
        say(`listening ${protocol} ${host.includes(":") ? `[${host}]` : host}:${port}`);
      }
      await new Promise<void>((resolve) => {
        for (const signal of ["SIGTERM", "SIGINT"] as const) {
          process.once(signal, () => {
            log.info("stopping", { signal });
            resolve();
          });
        }
      });
      await service.stop();
      log.info("stopped");
    });
  return program;
}

/** One line for the operator. Only errors that were written for people speak for themselves. */
function sentence(error: unknown): string {
  const spoken = [
    ...[BadRequest, Conflict, KeyFileError, NotInitialised, AlreadyServed],
    ...[TooNew, DamagedStore, ListSealError],
  ];
  if (error instanceof Error && spoken.some((kind) => error instanceof kind)) return error.message;
  const code = codeForLog(error);
  const known: Record<string, string> = {
    EADDRINUSE: "the address to listen on is in use",
    EACCES: "a file or port may not be used by this user",
    SQLITE_BUSY: "the database is locked by another process",
    SQLITE_CORRUPT: "the database is damaged: restore it from a backup",
    SQLITE_NOTADB: "the database is damaged: restore it from a backup",
    SQLITE_FULL: "the disk is full",
  };
  return known[code] ?? `unexpected failure (${code})`;
}

commandLine()
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`listseal-server: ${sentence(error)}\n`);
    process.exitCode = 1;
  });
