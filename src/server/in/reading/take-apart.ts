/** Takes kept posts apart in the thread that reads. */
import { ListSealError } from "../../../protocol/errors.js";
import type { Post } from "../../kept/store.js";
import type { PostInParts } from "../../out/copies.js";
import type { Reader } from "./reader.js";

/** As `takeApart` of out/copies.ts. @throws ListSealError: the post is poison, and is set aside */
export function takeApartIn(reader: Reader): (post: Post) => Promise<PostInParts> {
  return async ({ raw, ...post }) => {
    const octets = raw.length;
    const { mail } = await reader.do("read", { raw });
    switch (mail.kind) {
      case "sealed":
        return { ...post, mail, octets };
      case "refused":
        throw new ListSealError(mail.code, "a kept post that can't be read");
      case "not-sealed":
        throw new ListSealError("not-sealed", "a kept post without sealed parts");
    }
  };
}
