/** A list of Mailman 3, by its REST API (https://docs.mailman3.org/projects/mailman/en/latest/src/mailman/rest/docs/rest.html). */
import { z } from "zod";
import { type Address, parseAddress } from "../../../mail/mailbox.js";
import type { MemberRole } from "../../store/store.js";
import { BadRequest } from "../administration.js";
import type { CertificatePool } from "./certificates.js";
import { type ImportedPerson, type ImportSource, languageIn } from "./source.js";

/** Where Mailman's core listens, and who may ask it: `[webservice]` in mailman.cfg. */
export interface MailmanAccess {
  /** `http://127.0.0.1:8001/3.1` */
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** Members in one answer. */
const PAGE = 500;
const TIMEOUT_MS = 30_000;

const rosterPage = z.object({
  total_size: z.number(),
  entries: z
    .array(
      z.object({
        email: z.string(),
        display_name: z.string().nullish(),
        delivery_mode: z.string().nullish(),
        moderation_action: z.string().nullish(),
        self_link: z.string(),
      }),
    )
    .default([]),
});
const preferences = z.object({ delivery_status: z.string().nullish() });
const listConfig = z.object({
  subject_prefix: z.string().nullish(),
  preferred_language: z.string().nullish(),
  reply_goes_to_list: z.string().nullish(),
  default_member_action: z.string().nullish(),
  default_nonmember_action: z.string().nullish(),
  archive_policy: z.string().nullish(),
  digests_enabled: z.boolean().nullish(),
  anonymous_list: z.boolean().nullish(),
});

/** @param list its address at Mailman, @param keys looked up by address: Mailman has none @throws BadRequest */
export async function importFromMailman(
  access: MailmanAccess,
  list: string,
  keys: CertificatePool,
): Promise<ImportSource> {
  const ask = askerOf(access);
  const config = listConfig.parse(await ask(`lists/${list}/config`));
  const staff = new Map<Address, MemberRole>();
  for (const role of ["owner", "moderator"] as const) {
    for (const { email } of await wholeRoster(ask, list, role)) staff.set(parseAddress(email), "moderator");
  }
  const people: ImportedPerson[] = [];
  const digests: string[] = [];
  for (const { email, display_name: name, delivery_mode: mode, self_link: link } of await wholeRoster(
    ask,
    list,
    "member",
  )) {
    const address = parseAddress(email);
    if (mode !== undefined && mode !== null && mode !== "regular") digests.push(address);
    // the number of the membership; its host may be a name that only Mailman knows
    const [, id = ""] = /\/members\/([0-9a-f]+)$/.exec(link) ?? [];
    const { delivery_status: status } = preferences.parse(await ask(`members/${id}/all/preferences`));
    people.push({
      address,
      ...(name ? { name } : {}),
      role: staff.get(address) ?? "member",
      isPaused: status?.startsWith("by_") === true,
      certificates: keys.of(address),
    });
  }
  const outside = [...staff.keys()].filter((each) => !people.some(({ address }) => address === each));
  const action = config.default_nonmember_action;
  const language = languageIn(config.preferred_language);
  return {
    origin: `Mailman list ${list}, ${people.length} members`,
    people,
    policy: config.default_member_action === "hold" ? "moderated" : action === "accept" ? "open" : "members",
    replyTo: config.reply_goes_to_list === "point_to_list" ? "list" : "author",
    ...(language === undefined ? {} : { language }),
    lost: [
      "mail that is not encrypted: it is refused here, so everybody needs a key, or the add-on",
      ...(staff.size === 0
        ? []
        : [
            "owners and moderators come in as moderators: the list's owner names further owners in the add-on",
          ]),
      ...outside.map((address) => `${address} runs the list and is no member of it: invite them`),
      ...digests.map((address) => `digests for ${address}: they get each post`),
      ...(action === "hold"
        ? ["mail of others that waits for a moderator: it is refused, unless you set policy open"]
        : []),
      ...(config.subject_prefix
        ? [`the subject prefix ${JSON.stringify(config.subject_prefix)}: the subject is inside the seals`]
        : []),
      ...(config.archive_policy && config.archive_policy !== "never"
        ? ["the archive: what is in it stays with Mailman"]
        : []),
      ...(config.anonymous_list ? ["anonymous posts: readers see who signed"] : []),
    ],
  };
}

type Asker = (path: string) => Promise<unknown>;

function askerOf({ url, user, password }: MailmanAccess): Asker {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const base = url.endsWith("/") ? url : `${url}/`;
  return async (path) => {
    let answer: Response;
    try {
      answer = await fetch(new URL(path, base), {
        headers: { authorization },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new BadRequest(
        `Mailman does not answer at ${url}: see [webservice] in mailman.cfg, and name it with --rest`,
      );
    }
    if (answer.status === 401)
      throw new BadRequest("Mailman refuses the user or password: see [webservice] in mailman.cfg");
    if (answer.status === 404) throw new BadRequest("Mailman has no such list: name its address with --list");
    if (!answer.ok) throw new BadRequest(`Mailman answers with ${answer.status}: look into its log`);
    return answer.json();
  };
}

async function wholeRoster(
  ask: Asker,
  list: string,
  role: "member" | "owner" | "moderator",
): Promise<z.infer<typeof rosterPage>["entries"]> {
  const all: z.infer<typeof rosterPage>["entries"] = [];
  for (let page = 1; ; page++) {
    const { total_size: total, entries } = rosterPage.parse(
      await ask(`lists/${list}/roster/${role}?count=${PAGE}&page=${page}`),
    );
    all.push(...entries);
    if (entries.length === 0 || all.length >= total) return all;
  }
}
