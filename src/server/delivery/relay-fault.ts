/**
 * Why the relay can't be used, for the log and for `doctor`.
 *
 * What is thrown may be the system's error, Node's for TLS, or the client's own, and the one that says something may be the
 * cause of another. An operator at night needs to know which of a few things it is.
 */

/** What is wrong, in the words that the log uses. */
export type RelayFault =
  | "nobody-listens"
  | "no-such-host"
  | "unreachable"
  | "timed-out"
  | "certificate"
  | "no-tls"
  | "closed"
  | "unknown";

/** By the system's code, or Node's for TLS. */
const faults: ReadonlyMap<string, RelayFault> = new Map([
  ["ECONNREFUSED", "nobody-listens"],
  ["ENOENT", "nobody-listens"],
  ["ENOTFOUND", "no-such-host"],
  ["EAI_AGAIN", "no-such-host"],
  ["EDNS", "no-such-host"],
  ["EHOSTUNREACH", "unreachable"],
  ["ENETUNREACH", "unreachable"],
  ["ETIMEDOUT", "timed-out"],
  ["ECONNRESET", "closed"],
  ["ECONNECTION", "closed"],
  ["EPIPE", "closed"],
  ["EPROTOCOL", "closed"],
  // OpenSSL's, of a relay that speaks no TLS where it said it would
  ["EPROTO", "no-tls"],
  ["ETLS", "no-tls"],
]);

/** Node names what is wrong with a certificate by OpenSSL's and its own codes. */
const certificateCodes =
  /^(?:ERR_TLS_CERT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|INVALID_CA|HOSTNAME_MISMATCH|ERR_SSL|ERR_TLS)/;

/** How many errors behind an error are looked at; a chain that is longer is a loop. */
const MAX_CAUSES = 5;

/** The fault behind whatever `connectToRelay` threw. */
export function relayFault(thrown: unknown): RelayFault {
  let fault: RelayFault = "unknown";
  for (let error = thrown, depth = 0; isErrorLike(error) && depth < MAX_CAUSES; depth += 1) {
    const found = faultNamedIn(error);
    // the innermost says most; only `unknown` says nothing
    if (found !== undefined && (fault === "unknown" || fault === "no-tls" || fault === "closed"))
      fault = found;
    error = error.cause;
  }
  return fault;
}

interface ErrorLike {
  readonly message: string;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** By its shape: an error of another realm (a worker's, a test's) is no instance of this one's Error. */
function isErrorLike(value: unknown): value is ErrorLike {
  return (
    typeof value === "object" && value !== null && "message" in value && typeof value.message === "string"
  );
}

function faultNamedIn(error: ErrorLike): RelayFault | undefined {
  const code = typeof error.code === "string" ? error.code : "";
  // some put a code of their own over the system's, and keep that in the message
  const named = [code, ...(error.message.match(/\b[A-Z][A-Z_0-9]{3,}\b/g) ?? [])];
  for (const name of named) {
    if (certificateCodes.test(name)) return "certificate";
    const fault = faults.get(name);
    if (fault !== undefined && !(name === "ECONNECTION" && named.length > 1)) return fault;
  }
  return /certificate|altname/i.test(error.message) ? "certificate" : undefined;
}

/** The fault in words that say what to look at. */
export function relayFaultSentence(fault: RelayFault): string {
  switch (fault) {
    case "nobody-listens":
      return "nothing is listening there; check that the mail server is running and the port is right";
    case "no-such-host":
      return "its name has no address; check relay.url and this machine's DNS";
    case "unreachable":
      return "it can't be reached from here; check the network and the firewall";
    case "timed-out":
      return "it does not answer in time; check the network and the firewall";
    case "certificate":
      return "its certificate is for another name, or not signed by anyone this machine trusts; see relay.ca";
    case "no-tls":
      return "it offers no STARTTLS, which is required of a relay on another machine; see relay.tls";
    case "closed":
      return "it closes the connection; see its log";
    case "unknown":
      return "it gave no reason; see its log";
  }
}
