/**
 * Sealing and opening one layer: sign and encrypt, decrypt and verify, as gpg and sq do it in one call.
 *
 * Nothing is compressed (random bytes). Ours runs in a process that is there already, as the add-on and the server are; the
 * programs are started for each message, as their users start them. So at 1 kB the comparison is with starting a process.
 */

import { openLayer } from "../../src/openpgp/open-layer.js";
import { sealLayer } from "../../src/openpgp/seal-layer.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import { signBinding } from "../../src/protocol/binding.js";
import {
  armorOpeningKey,
  armorSealingKey,
  generateKey,
  generateMemberKey,
  type Profile,
  sealingHalf,
} from "../../src/protocol/index.js";
import { type Contender, measure } from "../measure.js";
import { gpgArgs, type PeerWorld } from "../peers.js";
import { compare, type Row } from "../row.js";

const sizes = [
  { label: "1 kB", bytes: 1000, seconds: 3 },
  { label: "1 MB", bytes: 1_000_000, seconds: 6 },
  { label: "25 MB", bytes: 25_000_000, seconds: 15 },
];

/** Ours against gpg: with GCM no slower, with CFB within a half (OpenPGP's CFB has no native code in browsers). */
const goals = { compatible: 1.5, rfc9580: 1 } as const satisfies Record<Profile, number>;
const cipher = { compatible: "CFB", rfc9580: "GCM" } as const satisfies Record<Profile, string>;
const profiles = ["compatible", "rfc9580"] as const satisfies readonly Profile[];

async function makeKeys(profile: Profile) {
  // sealed with the server's role: a payload for the list would be compressed above 1 MB
  const reader = await generateKey("server", { profile, address: "reader@example.test" });
  const author = await generateMemberKey({ profile, address: "author@example.test" });
  return { profile, reader, author };
}
type Keys = Awaited<ReturnType<typeof makeKeys>>;

function seal({ profile, reader, author }: Keys, payload: Uint8Array): () => Promise<Uint8Array> {
  return async () => {
    const date = new Date();
    const says = { kind: "submit", msgid: "<1@example.test>" } as const;
    const signature = await signBinding(payload, author, says, [reader.fingerprint], date);
    return sealLayer(payload, signature, [sealingHalf(reader)], profile, date);
  };
}

function open({ reader, author }: Keys, sealed: Uint8Array): () => Promise<void> {
  const { certificate } = sealingHalf(author);
  return async () => {
    const layer = await openLayer(sealed, reader);
    if (layer === "not-for-me") throw new Error("not opened");
    await verifyOnly(layer.literal, layer.signatures, certificate, new Date());
  };
}

/** gpg and sq, with the keys of the profile that they know. */
function programs(world: PeerWorld, { reader, author }: Keys, payload: Uint8Array): readonly Contender[] {
  const input = world.file("payload", payload);
  const path = (name: string) => `${world.folder}/${name}`;
  const contenders: Contender[] = [];
  if (world.has("gpg")) {
    const sealing = ["-z", "0", "-u", author.fingerprint, "-r", reader.fingerprint];
    const sealed = ["-o", path("payload.gpg"), "-s", "-e", input];
    contenders.push(
      { name: "gpg seal", units: 1, run: () => world.run("gpg", [...gpgArgs, ...sealing, ...sealed]) },
      {
        name: "gpg open",
        units: 1,
        run: () => world.run("gpg", [...gpgArgs, "-o", path("opened"), "-d", path("payload.gpg")]),
      },
    );
  }
  if (world.has("sq")) {
    const sealing = ["--signer-key", path("author.key"), "--recipient-cert", path("reader.asc")];
    const opening = ["--recipient-key", path("reader.key"), "--signer-cert", path("author.asc"), "-n", "1"];
    const options = ["--force", "encrypt", "--binary", "--compression", "none"];
    contenders.push(
      {
        name: "sq seal",
        units: 1,
        run: () => world.run("sq", [...options, ...sealing, "-o", path("payload.sq"), input]),
      },
      {
        name: "sq open",
        units: 1,
        run: () =>
          world.run("sq", ["--force", "decrypt", ...opening, "-o", path("opened"), path("payload.sq")]),
      },
    );
  }
  return contenders;
}

async function giveKeys(world: PeerWorld, { reader, author }: Keys): Promise<void> {
  const secrets = [
    world.file("reader.key", await armorOpeningKey(reader)),
    world.file("author.key", await armorOpeningKey(author)),
  ];
  world.file("reader.asc", armorSealingKey(sealingHalf(reader)));
  world.file("author.asc", armorSealingKey(sealingHalf(author)));
  if (world.has("gpg")) world.run("gpg", [...gpgArgs, "--import", ...secrets]);
}

/** All rows about sealing and opening. */
export async function sealAndOpenRows(world: PeerWorld): Promise<readonly Row[]> {
  const compatible = await makeKeys("compatible");
  const rfc9580 = await makeKeys("rfc9580");
  await giveKeys(world, compatible);
  const rows: Row[] = [];
  for (const { label, bytes, seconds } of sizes) {
    const payload = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(payload.subarray(at, at + 65_536));
    const ours: Contender[] = [];
    for (const keys of [compatible, rfc9580]) {
      const sealing = seal(keys, payload);
      ours.push({ name: `${keys.profile} seal`, units: 1, run: sealing });
      ours.push({ name: `${keys.profile} open`, units: 1, run: open(keys, await sealing()) });
    }
    const times = await measure([...ours, ...programs(world, compatible, payload)], { seconds, rounds: 5 });
    for (const step of ["seal", "open"] as const) {
      for (const profile of profiles) {
        const value = times.get(`${profile} ${step}`) ?? Number.NaN;
        rows.push(
          ...compare(`${step} ${label}, ${cipher[profile]}`, "ms", value, [
            { name: "gpg", value: times.get(`gpg ${step}`), goal: goals[profile] },
            { name: "sq", value: times.get(`sq ${step}`) },
          ]),
        );
      }
    }
  }
  return rows;
}
