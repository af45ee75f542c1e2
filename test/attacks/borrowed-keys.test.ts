/** Attacks with certificates: somebody else's key bound under one's own, so that their words become one's own. */
import { PublicSubkeyPacket } from "openpgp";
import { allFingerprints } from "../../src/openpgp/keys.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import { openAtServer, type SealedMessage, sealingHalf } from "../../src/protocol/index.js";
import { aliceSeals, type Cast, listOf, makeCast } from "../protocol/people.js";
import { bytes, firstOf, opened } from "./forge.js";
import { withBorrowedSubkey } from "./forge-keys.js";

let cast: Cast;
let submitted: Extract<SealedMessage, { mode: "key" }>;

beforeAll(async () => {
  cast = await makeCast("compatible");
  const sealed = await aliceSeals(cast, "key", bytes("my own work"));
  if (sealed.mode !== "key") throw new Error("mode key is meant");
  submitted = sealed;
});

describe("Eve binds Alice's signing key to her own certificate, and says that Alice's post is hers", () => {
  async function evesCertificate() {
    const borrowed = new PublicSubkeyPacket();
    const { keyPacket } = cast.alice.secret.toPublic();
    // a v4 fingerprint is over the same bytes, whether the key stands as a primary key or as a subkey
    await borrowed.read(keyPacket.write());
    return withBorrowedSubkey(cast.eve, borrowed, "sign");
  }

  test("the issuer's fingerprint is one of her certificate's: enough where only that is compared", async () => {
    const certificate = await evesCertificate();
    const layer = await opened(submitted.key, cast.serverKey);
    const [packet] = firstOf(layer).packets;
    const issuer = Buffer.from(packet?.issuerFingerprint ?? []).toString("hex");
    expect(allFingerprints(certificate)).toContain(issuer);
  });

  test("the signature does not count: Alice never signed that binding (RFC 9580, 10.1.5)", async () => {
    const certificate = await evesCertificate();
    const layer = await opened(submitted.key, cast.serverKey);
    await expect(verifyOnly(layer.literal, layer.signatures, certificate, new Date())).rejects.toMatchObject({
      code: "bad-signature",
    });
    const author = { ...sealingHalf(cast.eve), certificate };
    await expect(
      openAtServer(submitted, { list: listOf(cast), server: cast.serverKey, author }),
    ).rejects.toMatchObject({ code: "bad-signature" });
  });
});
