/**
 * MTA-STS (RFC 8461): whether a lists' domain serves a policy. The TXT record is worth something only together with that file, and
 * promises to others what this machine can't see by itself; so it is named where the file is served, and nowhere else.
 */
import { createHash } from "node:crypto";
import { get, type RequestOptions } from "node:https";

/** What was found at the address of the policy. */
export type ServedPolicy =
  | {
      readonly kind: "served";
      readonly mode: string;
      /** For the record's `id`: another one whenever the file changes (RFC 8461, 3.1). */
      readonly id: string;
    }
  /** Senders would act on a policy that is wrong for this machine. */
  | { readonly kind: "wrong"; readonly reason: string }
  | { readonly kind: "not-served"; readonly reason: string };

/** RFC 8461, 3.3, has senders stop at some size, too. Against a web server that never ends. */
const MAX_POLICY_BYTES = 64 * 1024;

/** RFC 8461, 3.3: senders wait a minute at most. */
const PATIENCE_MS = 10_000;

/** Where the policy of a domain has to be (RFC 8461, 3.3). */
export const policyUrl = (domain: string): string => `https://mta-sts.${domain}/.well-known/mta-sts.txt`;

/**
 * Looks at the policy as a sender does: a good certificate, no redirection, and a line that names the machine.
 * @param host that takes the domain's mail
 * @param connection for tests: another port, resolver or authority
 */
export async function readServedPolicy(
  domain: string,
  host: string,
  connection: Pick<RequestOptions, "port" | "lookup" | "ca"> = {},
): Promise<ServedPolicy> {
  let text: string;
  try {
    text = await fetchPolicy(policyUrl(domain), connection);
  } catch (error) {
    return { kind: "not-served", reason: error instanceof Error ? error.message : String(error) };
  }
  const lines = text.split(/\r?\n/).map((line) => /^\s*([a-z_]+)\s*:\s*(.*?)\s*$/.exec(line));
  const valuesOf = (name: string) => lines.flatMap((line) => (line?.[1] === name ? [line[2] ?? ""] : []));
  const [mode = ""] = valuesOf("mode");
  if (valuesOf("version")[0] !== "STSv1" || !["enforce", "testing", "none"].includes(mode))
    return { kind: "wrong", reason: "the file is no policy: it needs the lines version: STSv1 and mode" };
  if (mode !== "none" && !valuesOf("mx").some((pattern) => covers(pattern, host)))
    return {
      kind: "wrong",
      reason: `the file has no line mx: ${host}, so senders that obey it would send nothing here`,
    };
  return { kind: "served", mode, id: createHash("sha256").update(text).digest("hex").slice(0, 20) };
}

/** RFC 8461, 4.1: a `*` stands for one label. */
function covers(pattern: string, host: string): boolean {
  const [wanted, name] = [pattern.toLowerCase(), host.toLowerCase()];
  return wanted.startsWith("*.") ? name.replace(/^[^.]+/, "*") === wanted : name === wanted;
}

function fetchPolicy(url: string, connection: RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ...connection, signal: AbortSignal.timeout(PATIENCE_MS) }, (answer) => {
      if (answer.statusCode !== 200) {
        answer.destroy();
        return reject(new Error(`it is answered with ${answer.statusCode}`));
      }
      const pieces: Buffer[] = [];
      let octets = 0;
      answer.on("data", (piece: Buffer) => {
        octets += piece.length;
        if (octets > MAX_POLICY_BYTES) answer.destroy(new Error("the file is too large"));
        else pieces.push(piece);
      });
      answer.on("error", reject);
      answer.on("end", () => resolve(Buffer.concat(pieces).toString("utf8")));
    });
    request.on("error", reject);
  });
}
