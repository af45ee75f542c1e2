/**
 * The worker of the add-on that `loops.ts` makes: what goes over millions of bytes, in Thunderbird, with the decoders that the
 * real add-on has.
 */
import { decodeBase64Body } from "../../src/mail/base64-body.js";
import { base64Lines } from "../../src/mail/mime.js";
import { measureCfb } from "../cfb.js";
import { measure } from "../measure.js";

const SIZE = 25_000_000;
const RANDOM_AT_A_TIME = 65_536;

/** The base64 of 25 MB in lines, as it is in a mail. */
async function measureBase64(): Promise<ReadonlyMap<string, number>> {
  const plain = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += RANDOM_AT_A_TIME) {
    crypto.getRandomValues(plain.subarray(at, at + RANDOM_AT_A_TIME));
  }
  const body = base64Lines(plain);
  const decode = () => {
    const { length } = decodeBase64Body(body) ?? [];
    if (length !== SIZE) throw new Error(`${length} bytes`);
  };
  return measure(
    [
      { name: "now", units: 1, run: decode },
      { name: "SHA-256 of the text", units: 1, run: () => crypto.subtle.digest("SHA-256", body) },
    ],
    { seconds: 8, rounds: 9 },
  );
}

async function measureAll() {
  const hash = {
    name: "SHA-256 of its bytes",
    run: (sealed: Uint8Array<ArrayBuffer>) => crypto.subtle.digest("SHA-256", sealed),
  };
  const cfb = await measureCfb([hash]);
  return { cfb: Object.fromEntries(cfb), base64: Object.fromEntries(await measureBase64()) };
}

measureAll().then(postMessage, (error: unknown) => postMessage({ failed: String(error) }));
