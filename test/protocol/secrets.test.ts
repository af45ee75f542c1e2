/** The seed's shared-secret case, through the same code: each role in turn, and all three, in both modes and profiles. */
import {
  generateSecret,
  type Mode,
  nameOf,
  openAtServer,
  openPost,
  type Profile,
  prepareReseal,
  readSecret,
  resealFor,
  type SharedSecret,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";
import { type Cast, makeCast, saysAlice } from "./people.js";

const roster = { number: 1, hash: "00".repeat(32) };
const payload = new TextEncoder().encode("nothing but a marker");
type Shared = "list" | "server" | "member";

interface Secrets {
  readonly list: SharedSecret<"list">;
  readonly server: SharedSecret<"server">;
  readonly member: SharedSecret<"member">;
}

async function makeSecrets(profile: Profile): Promise<Secrets> {
  return {
    list: await generateSecret("list", profile),
    server: await generateSecret("server", profile),
    member: await generateSecret("member", profile),
  };
}

/** Alice to Bob, with those roles as secrets that `shared` names. */
async function travel(cast: Cast, secrets: Secrets, mode: Mode, shared: readonly Shared[]) {
  const has = (role: Shared) => shared.includes(role);
  const sealingList = has("list") ? secrets.list : sealingHalf(cast.listKey);
  // the server knows a list secret by its name alone
  const list = { address: cast.address, key: has("list") ? nameOf(secrets.list) : sealingHalf(cast.listKey) };
  const submitted = await sealPost({
    mode,
    payload,
    messageId: "<1@example.test>",
    list: { address: cast.address, key: sealingList },
    server: has("server") ? secrets.server : sealingHalf(cast.serverKey),
    author: cast.alice,
  });
  const opened = await openAtServer(submitted, {
    list,
    server: has("server") ? secrets.server : cast.serverKey,
    author: sealingHalf(cast.alice),
  });
  const prepared = await prepareReseal(opened, { list, server: cast.serverKey, roster });
  const copy = await resealFor(prepared, has("member") ? secrets.member : sealingHalf(cast.bob));
  const keys = {
    member: [cast.bob],
    secrets: [secrets.member],
    list: { address: cast.address, key: has("list") ? secrets.list : cast.listKey },
    server: sealingHalf(cast.serverKey),
  };
  return { submitted, copy, keys };
}

const cases = (["compatible", "rfc9580"] as const).flatMap((profile) =>
  (["key", "whole"] as const).flatMap((mode) =>
    ([["list"], ["server"], ["member"], ["list", "server", "member"]] as const).map(
      (shared): [Profile, Mode, readonly Shared[]] => [profile, mode, shared],
    ),
  ),
);

test.each(cases)("%s, mode %s, shared: %j", async (profile, mode, shared) => {
  const cast = await makeCast(profile);
  const { copy, keys, submitted } = await travel(cast, await makeSecrets(profile), mode, shared);
  const result = await openPost(copy, keys, saysAlice(cast));
  if (result.kind !== "opened") throw new Error("not opened");
  expect(result.payload).toEqual(payload);
  expect(result.passage.via).toBe("list");

  // whoever holds another secret, or none, opens nothing
  const stranger = await makeSecrets(profile);
  const others = { ...keys, member: [cast.eve], secrets: [stranger.member, stranger.server] };
  await expect(openPost(copy, others, saysAlice(cast))).resolves.toEqual({ kind: "not-for-me" });
  await expect(openPost(submitted, others, saysAlice(cast))).resolves.toEqual({ kind: "not-for-me" });
});

test("a post under one sender's secret is not opened with another's", async () => {
  const cast = await makeCast("compatible");
  const { submitted } = await travel(cast, await makeSecrets("compatible"), "key", ["server"]);
  const attempt = openAtServer(submitted, {
    list: { address: cast.address, key: sealingHalf(cast.listKey) },
    server: await generateSecret("server", "compatible"),
    author: sealingHalf(cast.alice),
  });
  await expect(attempt).rejects.toMatchObject({ code: "wrong-list" });
});

test("a post for another list secret is signed for another list", async () => {
  const cast = await makeCast("compatible");
  const secrets = await makeSecrets("compatible");
  const { submitted } = await travel(cast, secrets, "key", ["list"]);
  const attempt = openAtServer(submitted, {
    list: { address: cast.address, key: nameOf((await makeSecrets("compatible")).list) },
    server: cast.serverKey,
    author: sealingHalf(cast.alice),
  });
  await expect(attempt).rejects.toMatchObject({ code: "wrong-list" });
});

test("the id is 16 octets of a labelled hash, and tells the same secret again", async () => {
  const secret = await generateSecret("member", "compatible");
  expect(secret.fingerprint).toMatch(/^[0-9a-f]{32}$/);
  await expect(readSecret("member", "compatible", secret.secret)).resolves.toEqual(secret);
  await expect(readSecret("member", "compatible", new Uint8Array(31))).rejects.toMatchObject({
    code: "key-damaged",
  });
});
