/** An attack on a join: Mallory, who was invited, puts Bob's certificate on the roster under her own address. */
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  newRequestId,
  openRequest,
  type Request,
  verifyRequest,
  writeRequest,
} from "../../src/membership/request/request.js";
import {
  generateKey,
  type OpeningKey,
  type SealingKey,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { type Cast, makeCast } from "../protocol/people.js";

const team = parseAddress("team@lists.example");
let cast: Cast;
let introduction: OpeningKey<"introduction">;
let sealed: Uint8Array;

beforeAll(async () => {
  cast = await makeCast("compatible");
  // Eve is Mallory here: what she was invited with is hers, Bob's certificate is anybody's to copy
  introduction = await generateKey("introduction", { address: "eve@example.test", profile: "compatible" });
  const bytesOf = (key: SealingKey<"member" | "introduction">) => writeSealingKey(key);
  const join: Request = {
    id: newRequestId(),
    date: new Date(Math.floor(Date.now() / 1000) * 1000),
    list: { address: team, key: cast.listKey.fingerprint },
    command: {
      do: "join",
      name: "Eve",
      certificate: bytesOf(sealingHalf(cast.bob)),
      introduction: bytesOf(sealingHalf(introduction)),
      shape: "mixed",
    },
  };
  sealed = await writeRequest(join, { signers: [introduction], server: sealingHalf(cast.serverKey) });
});

const opened = () => openRequest(sealed, cast.serverKey, { address: team, keys: [cast.listKey.fingerprint] });
const publicHalf = (key: OpeningKey<"member" | "introduction">) => key.secret.toPublic();

test("a server that asks for the introduction's signature alone takes it: a removal of her key then hits Bob", async () => {
  await expect(
    verifyRequest(await opened(), [publicHalf(introduction)], new Date()),
  ).resolves.toBeUndefined();
});

test("the real server asks for both signatures over the same bytes, the member key's too", async () => {
  const both = [publicHalf(introduction), publicHalf(cast.bob)];
  await expect(verifyRequest(await opened(), both, new Date())).rejects.toMatchObject({
    name: "ListSealError",
  });
});
