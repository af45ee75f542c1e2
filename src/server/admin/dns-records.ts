/** What the DNS has to say about a lists' domain, for those who set it and for `doctor`. */

/** A record that a lists' domain should have. */
export interface DnsRecord {
  readonly name: string;
  readonly type: "MX" | "TXT";
  readonly value: string;
  /** What it is for, and when it is not needed. */
  readonly purpose: string;
}

/** The records for `domain`, whose mail `host` takes. */
export function recordsOf(domain: string, host: string): Readonly<Record<"mx" | "spf" | "dmarc", DnsRecord>> {
  return {
    mx: { name: domain, type: "MX", value: `10 ${host}.`, purpose: "posts and bounces come to this machine" },
    spf: {
      name: domain,
      type: "TXT",
      value: "v=spf1 mx -all",
      purpose: "this machine may send the copies; name a smarthost here, too",
    },
    dmarc: {
      name: `_dmarc.${domain}`,
      type: "TXT",
      value: "v=DMARC1; p=none",
      purpose: "change it to p=reject once your milter signs with DKIM",
    },
  };
}

/** The record that says that `domain` serves an MTA-STS policy (RFC 8461, 3.1). @param id of the policy as it is now */
export const mtaStsRecord = (domain: string, id: string): DnsRecord => ({
  name: `_mta-sts.${domain}`,
  type: "TXT",
  value: `v=STSv1; id=${id}`,
  purpose: "change the id whenever the policy changes",
});

/** The record as a line of a zone file (RFC 1035, 5.1). */
export function zoneLine({ name, type, value, purpose }: DnsRecord): string {
  const data = type === "TXT" ? `"${value}"` : value;
  return `${name}. IN ${type} ${data}  ; ${purpose}`;
}
