/** What `doctor` asks outside: the relay, the DNS, and the Postfix of this machine. */
import type { Resolver } from "node:dns/promises";
import { writeHostAndPort } from "../delivery/endpoints.js";
import { connectToRelay, type RelayConnection, type RelayOptions } from "../delivery/relay.js";
import { relayFault, relayFaultSentence } from "../delivery/relay-fault.js";
import type { List } from "../store/store.js";
import type { Config } from "./config.js";
import { behindPostfix } from "./config-template.js";
import { type Diagnosis, look, ok, wrong } from "./diagnosis.js";
import { recordsOf, zoneLine } from "./dns-records.js";
import { runProgram } from "./shell.js";

/** Whether the relay can be used, and, where it is the Postfix in front as well, whether it hands us our lists' mail. */
export async function examineRelay(
  config: Config,
  relay: RelayOptions | undefined,
  lists: readonly List[],
): Promise<{ readonly relayAnswers: boolean; readonly diagnoses: readonly Diagnosis[] }> {
  if (relay === undefined) {
    const text = "relay.url is not set in listseal.toml, so serve needs --relay";
    const mend = `set url = "${behindPostfix["relay.url"]}" under [relay], then systemctl reload listseal-server`;
    return { relayAnswers: false, diagnoses: [look("relay-not-set", text, mend)] };
  }
  const name = `${relay.protocol}://${writeHostAndPort(relay)}`;
  let connection: RelayConnection;
  try {
    connection = await connectToRelay(relay);
  } catch (error) {
    const text = `the relay ${name} can't be used: ${relayFaultSentence(relayFault(error))}`;
    const mend = isLocal(relay)
      ? "systemctl start postfix; copies wait for it"
      : "mend the relay; copies wait for it";
    return { relayAnswers: false, diagnoses: [wrong("relay-down", text, mend)] };
  }
  connection.close();
  const diagnoses = [ok(`the relay ${name} answers${relay.tls === "require" ? ", with TLS" : ""}`)];
  if (isLocal(relay) && config.lmtp.listen !== undefined) {
    for (const { address } of lists) {
      const refused = await refusalOf(relay, address);
      if (refused === undefined) continue;
      const [, domain = ""] = address.split("@");
      diagnoses.push(
        wrong(
          "relay-refuses-list",
          `Postfix refuses mail for ${address} (${refused}), although this server has the list`,
          `listseal-server quickstart ${domain} OWNER --dry-run shows what main.cf lacks`,
        ),
      );
    }
  }
  return { relayAnswers: true, diagnoses };
}

const isLocal = ({ host, protocol }: RelayOptions) =>
  protocol === "smtp" && /^(127\.|::1$|localhost$)/.test(host);

/** The final refusal of a mail to `address`, if there is one. Nothing is sent. */
async function refusalOf(relay: RelayOptions, address: string): Promise<string | undefined> {
  const connection = await connectToRelay(relay);
  try {
    // taken or not, it is never ended
    const result = await connection.send(
      { sender: "", recipient: address, pieces: [] },
      async () => undefined,
    );
    return result.kind === "refused" ? `${result.reply}` : undefined;
  } catch {
    return undefined;
  } finally {
    connection.close();
  }
}

/** Records of the lists' domain. Their absence makes other mail systems refuse the copies or distrust them. */
export async function examineDns(resolver: Resolver, domain: string): Promise<readonly Diagnosis[]> {
  const texts = async (name: string, start: RegExp): Promise<string | undefined> => {
    const records = await resolver.resolveTxt(name).catch(() => []);
    return records.map((parts) => parts.join("")).find((text) => start.test(text));
  };
  const [mx = [], spf, dmarc, mtaSts] = await Promise.all([
    resolver.resolveMx(domain).catch(() => []),
    texts(domain, /^v=spf1(\s|$)/i),
    texts(`_dmarc.${domain}`, /^v=DMARC1\s*(;|$)/i),
    texts(`_mta-sts.${domain}`, /^v=STSv1\s*(;|$)/i),
  ]);
  const { stdout } = await runProgram("postconf", ["-h", "myhostname"]);
  const records = recordsOf(domain, stdout.trim() || "HOST");
  return [
    mx.length > 0
      ? ok(`${domain}: MX ${mx.map(({ exchange }) => exchange).join(", ")}`)
      : wrong(
          "no-mx",
          `${domain}: no MX record: posts and bounces can't be delivered here`,
          zoneLine(records.mx),
        ),
    spf === undefined
      ? wrong(
          "no-spf",
          `${domain}: no SPF record: other mail systems may refuse or distrust the copies`,
          zoneLine(records.spf),
        )
      : ok(`${domain}: ${spf}`),
    dmarc === undefined
      ? look("no-dmarc", `${domain}: no DMARC record at _dmarc.${domain}`, zoneLine(records.dmarc))
      : ok(`${domain}: ${dmarc}`),
    ...(mtaSts === undefined ? [] : [ok(`${domain}: MTA-STS ${mtaSts}`)]),
  ];
}

/** QUIRK: Debian 12's Postfix takes bare line feeds as line ends (`no`): a second mail can be smuggled in behind a first. */
export async function examinePostfix(): Promise<readonly Diagnosis[]> {
  const { code, stdout } = await runProgram("postconf", ["-h", "smtpd_forbid_bare_newline"]);
  if (code === 127) return [];
  const value = stdout.trim();
  if (/^(yes|normalize|reject)$/.test(value)) return [ok(`Postfix: smtpd_forbid_bare_newline = ${value}`)];
  return [
    wrong(
      "smuggling",
      `Postfix: smtpd_forbid_bare_newline = ${value || "unknown here: update Postfix"}: mail can be smuggled in`,
      "postconf -e smtpd_forbid_bare_newline=normalize smtpd_forbid_bare_newline_exclusions=",
    ),
  ];
}
