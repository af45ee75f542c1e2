/** A role is part of a key's type, and is checked again on every key that comes from outside. */
import {
  armorOpeningKey,
  armorSealingKey,
  generateMemberKey,
  type MemberKeys,
  type PostToSeal,
  readOpeningKey,
  readSealingKey,
  type resealFor,
  type ServerContext,
  sealingHalf,
} from "../../src/protocol/index.js";
import { type Cast, makeCast } from "./people.js";

/** Never called: `tsc` reads it, and fails if one of the marked lines compiles. */
function wrongRoles({ listKey, serverKey, alice }: Cast) {
  const sealsOuter = (key: PostToSeal["server"]) => key;
  const sealsInner = (key: PostToSeal["list"]["key"]) => key;
  const opensOuter = (key: ServerContext["server"]) => key;
  const opensInner = (key: MemberKeys["list"]["key"]) => key;
  const getsACopy = (key: Parameters<typeof resealFor>[1]) => key;
  sealsOuter(sealingHalf(serverKey));
  // @ts-expect-error a list key where the server key is wanted
  sealsOuter(sealingHalf(listKey));
  sealsInner(sealingHalf(listKey));
  // @ts-expect-error a server key where the list key is wanted: the server could read
  sealsInner(sealingHalf(serverKey));
  opensOuter(serverKey);
  // @ts-expect-error a list key where the server's is wanted
  opensOuter(listKey);
  // @ts-expect-error a public half where a secret half is wanted
  opensOuter(sealingHalf(serverKey));
  opensInner(listKey);
  // @ts-expect-error a server key where the list key is wanted
  opensInner(serverKey);
  getsACopy(sealingHalf(alice));
  // @ts-expect-error a copy for the list key: every former member could open it
  getsACopy(sealingHalf(listKey));
}

test("the wrong roles are there for the compiler to refuse", () => {
  expect(wrongRoles).toBeInstanceOf(Function);
});

test("a key read as another role is refused", async () => {
  const cast = await makeCast("compatible");
  const refusal = { code: "wrong-role" };
  const listSecret = await armorOpeningKey(cast.listKey);
  const list = armorSealingKey(sealingHalf(cast.listKey));
  const server = armorSealingKey(sealingHalf(cast.serverKey));
  const alice = armorSealingKey(sealingHalf(cast.alice));
  await expect(readSealingKey("server", list)).rejects.toMatchObject(refusal);
  await expect(readSealingKey("list", server)).rejects.toMatchObject(refusal);
  await expect(readSealingKey("member", list)).rejects.toMatchObject(refusal);
  await expect(readSealingKey("list", alice)).rejects.toMatchObject(refusal);
  await expect(readOpeningKey("server", listSecret)).rejects.toMatchObject(refusal);
  await expect(readSealingKey("list", list)).resolves.toMatchObject({ role: "list" });
});

test("a person can't call their key a list key", () => {
  const make = () =>
    generateMemberKey({ name: "ListSeal list key", address: "eve@example.test", profile: "compatible" });
  expect(make).toThrow("can't be named");
});
