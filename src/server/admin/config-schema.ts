/**
 * What `listseal.toml` may contain: every key, its values and its default. The reasons for the defaults are in the file
 * that `init` writes (config-template.ts); a test checks that the two agree.
 */
import { z } from "zod";
import { MAX_MAIL_BYTES } from "../base/limits.js";
import { readHostAndPort, readRelayUrl } from "../delivery/endpoints.js";

const endpoint = z.string().transform((text, context) => {
  const found = readHostAndPort(text);
  if (found !== undefined) return found;
  context.addIssue({ code: "custom", message: 'must be "HOST:PORT", for example "127.0.0.1:2525"' });
  return z.NEVER;
});

const relayUrl = z.string().transform((text, context) => {
  const found = readRelayUrl(text);
  if (found !== undefined) return found;
  context.addIssue({
    code: "custom",
    message: 'must be "smtp://HOST:PORT" or "lmtp://HOST:PORT", for example "smtp://127.0.0.1:25"',
  });
  return z.NEVER;
});

const path = z.string().min(1, "must be a path");
const positive = (unit: string, max: number) =>
  z.number().int().min(1, `must be at least 1 ${unit}`).max(max, `must be at most ${max} ${unit}`);

/** PEM files for STARTTLS or https; both or neither. */
const pemFiles = { certificate: path.optional(), key: path.optional() };
const bothOrNeither = (files: { certificate?: string | undefined; key?: string | undefined }) =>
  (files.certificate === undefined) === (files.key === undefined);
const bothSentence = { message: "needs both certificate and key, or neither" };

export const configSchema = z.strictObject({
  data: path.optional(),
  store: z.strictObject({ postgres: z.string().optional() }).prefault({}),
  smtp: z
    .strictObject({ listen: endpoint.optional(), ...pemFiles })
    .refine(bothOrNeither, bothSentence)
    .prefault({}),
  lmtp: z
    .strictObject({ listen: endpoint.optional(), ...pemFiles })
    .refine(bothOrNeither, bothSentence)
    .prefault({}),
  relay: z
    .strictObject({
      url: relayUrl.optional(),
      tls: z.enum(["auto", "require", "none"]).default("auto"),
      ca: path.optional(),
      connections: positive("connections", 100).default(16),
    })
    .prefault({}),
  web: z
    .strictObject({
      listen: endpoint.optional(),
      metrics: endpoint.optional(),
      "public-url": z
        .string()
        .regex(/^https:\/\/[^\s?#]+$/, 'must be a URL that starts with "https://"')
        .transform((url) => (url.endsWith("/") ? url : `${url}/`))
        .optional(),
      ...pemFiles,
    })
    .refine(bothOrNeither, bothSentence)
    .prefault({}),
  limits: z
    .strictObject({
      "mail-bytes": positive("bytes", MAX_MAIL_BYTES).default(MAX_MAIL_BYTES),
      "author-posts-per-hour": positive("posts", 100_000).default(60),
      "list-posts-per-hour": positive("posts", 100_000).default(600),
    })
    .prefault({}),
  keys: z
    .strictObject({
      "passphrase-file": path.optional(),
      "renew-after-days": z
        .union([positive("days", 3_650), z.literal("never")], {
          error: 'must be a number of days from 1 to 3650, or "never"',
        })
        .default(90),
      "delete-after-days": positive("days", 3_650).default(30),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(["info", "warn", "error"]).default("info") }).prefault({}),
  dns: z.strictObject({ resolver: endpoint.optional() }).prefault({}),
});

/** The configuration, all defaults filled in. Paths are as written. */
export type Config = Readonly<z.infer<typeof configSchema>>;
