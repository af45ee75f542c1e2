/** The configuration file: what it says is taken, and what is wrong in it is named with its line. */
import { describe, expect, test } from "@jest/globals";
import { ConfigError, defaultConfig, readConfig } from "../../src/server/admin/config.js";
import {
  behindPostfix,
  configTemplate,
  inContainer,
  writeConfig,
} from "../../src/server/admin/config-template.js";
import { relayOf } from "../../src/server/cli/serve.js";
import { readRelayUrl, tlsTowards } from "../../src/server/delivery/endpoints.js";

const uncommented = configTemplate.replace(/^#(?=[a-z-]+ = )/gm, "");

/** Paths of all leaves. */
const leaves = (value: unknown, at = ""): string[] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, at === "" ? key : `${at}.${key}`))
    : [at];

test("the file that init writes changes nothing", () => {
  expect(readConfig(configTemplate, "listseal.toml")).toEqual(defaultConfig);
});

test("without its comment signs it names every setting, with the default that the program has", () => {
  const config = readConfig(uncommented, "listseal.toml");
  expect(leaves(config)).toEqual(expect.arrayContaining(leaves(defaultConfig)));
  // where there is a default, it is the one that is written there
  expect(config).toMatchObject(defaultConfig);
});

test("settings are made where the template documents them, and nowhere else", () => {
  const text = writeConfig({ data: '/srv/a "b"\\c', ...behindPostfix });
  const config = readConfig(text, "listseal.toml");
  expect(config.data).toBe('/srv/a "b"\\c');
  expect(config.lmtp.listen).toEqual({ host: "127.0.0.1", port: 2424 });
  expect(config.relay.url).toEqual({ protocol: "smtp", host: "127.0.0.1", port: 25 });
  expect(config.web.metrics).toEqual({ host: "127.0.0.1", port: 9480 });
  // `listen` is set under [lmtp] alone
  expect([config.smtp.listen, config.web.listen]).toEqual([undefined, undefined]);
  const changed = text.split("\n").filter((line, index) => line !== configTemplate.split("\n")[index]);
  expect(changed.length).toBe(4);
  const contained = readConfig(writeConfig(inContainer("smtp://smarthost.test:25")), "listseal.toml");
  expect(contained.smtp.listen).toEqual({ host: "0.0.0.0", port: 2525 });
  expect(contained.relay.url).toEqual({ protocol: "smtp", host: "smarthost.test", port: 25 });
  expect(contained.web.metrics).toEqual({ host: "127.0.0.1", port: 9480 });
});

test("towards a relay TLS is required by default, unless it is on this machine", async () => {
  for (const host of ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST"]) {
    expect(tlsTowards(host, "auto")).toBe("none");
    expect(tlsTowards(host, "require")).toBe("require");
  }
  for (const host of [
    "relay.example",
    "10.0.0.1",
    "128.0.0.1",
    "localhost.example",
    "127.0.0.1.example",
    "fe80::1",
  ]) {
    expect(tlsTowards(host, "auto")).toBe("require");
    expect(tlsTowards(host, "none")).toBe("none");
  }
  // and that is what serve does without a word about it
  for (const [url, tls] of [
    ["smtp://relay.example:25", "require"],
    ["smtp://127.0.0.1:25", "none"],
  ] as const) {
    expect(await relayOf(defaultConfig, readRelayUrl(url))).toMatchObject({ tls });
  }
});

describe("what is wrong is named", () => {
  test.each([
    ["[relay]\nurl = 5\n", "listseal.toml, line 2, relay.url: must be a string"],
    ['[relay]\n\nurl = "http://x"\n', 'line 3, relay.url: must be "smtp://HOST:PORT"'],
    ["[limits]\nlist-posts-per-hour = 0\n", "line 2, limits.list-posts-per-hour: must be at least 1 posts"],
    [
      "[limits]\nauthor-posts-per-hour = 1.5\n",
      "line 2, limits.author-posts-per-hour: must be a whole number",
    ],
    ['[smtp]\nlisten = "here"\n', 'line 2, smtp.listen: must be "HOST:PORT"'],
    ['[log]\nlevel = "loud"\n', 'line 2, log.level: must be one of "info", "warn", "error"'],
    ["[log]\nlevl = 1\n", "line 2, log.levl: there is no such setting"],
    ["[logs]\n", "line 1, logs: there is no such setting"],
    ["smtp = 3\n", "line 1, smtp: must be a [table]"],
    ['[smtp]\nkey = "x"\n', "line 1, smtp: needs both certificate and key"],
    ['[web]\npublic-url = "http://x"\n', 'line 2, web.public-url: must be a URL that starts with "https://"'],
    ['data = "x\n', "listseal.toml, line 1: "],
  ])("%j", (text, said) => {
    let thrown: unknown;
    try {
      readConfig(text, "listseal.toml");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(String(thrown)).toContain(said);
  });
});

test("two mistakes are named at once", () => {
  expect(() => readConfig("[log]\nlevel = 1\n[keys]\nrenew-after-days = 0\n", "f")).toThrow(
    /line 2, log\.level.*\n.*line 4, keys\.renew-after-days/,
  );
});
