/** Where to listen and where to connect to, as people write it. */
import type { RelayOptions } from "./relay.js";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2525`, `[::1]:2525` or `localhost:2525`; `undefined` for anything else. */
export function readHostAndPort(text: string): Endpoint | undefined {
  const { host, six, port } =
    /^(?:\[(?<six>[0-9a-f:]+)\]|(?<host>[^:[\]\s]+)):(?<port>\d{1,5})$/i.exec(text)?.groups ?? {};
  const number = Number(port);
  const name = six ?? host;
  return name === undefined || !(number <= 65_535) ? undefined : { host: name, port: number };
}

/** Written so that {@link readHostAndPort} reads it again. */
export function writeHostAndPort({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export type RelayEndpoint = Pick<RelayOptions, "protocol" | "host" | "port">;

/** `smtp://HOST:PORT` or `lmtp://HOST:PORT`; `undefined` for anything else. */
export function readRelayUrl(text: string): RelayEndpoint | undefined {
  const [, protocol, rest = ""] = /^(smtp|lmtp):\/\/([^/]+)\/?$/.exec(text) ?? [];
  const place = readHostAndPort(rest);
  if (place === undefined || (protocol !== "smtp" && protocol !== "lmtp")) return undefined;
  return { protocol, ...place };
}

/**
 * What `relay.tls` means for a relay at `host`. `auto`: required, unless nobody is in between. Only names that can't leave
 * the machine count as loopback; where a name leads to is not looked up, an attacker may answer.
 */
export function tlsTowards(host: string, setting: "auto" | "require" | "none"): RelayOptions["tls"] {
  if (setting !== "auto") return setting;
  return isLoopback(host) ? "none" : "require";
}

function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost)$/i.test(host);
}
