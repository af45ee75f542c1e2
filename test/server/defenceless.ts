/**
 * A store that carries commands out, and takes posts, without looking again: what was verified, some time ago, is good enough for it. For
 * the twins of tests that show that looking again is what stops an attack.
 */
import type { FullStore } from "../../src/server/store/membership-store.js";
import type { NewPost } from "../../src/server/store/store.js";
import type { Order } from "../../src/server/store/warrant.js";
import { anybodysWarrant } from "./warrants.js";

const isOrder = (value: unknown): value is Order =>
  typeof value === "object" && value !== null && "warrant" in value && "command" in value;

const isPost = (value: unknown): value is NewPost =>
  typeof value === "object" && value !== null && "warrant" in value && "sealDigest" in value;

/** `store`, whose orders and posts bring a warrant that is true whatever has happened. */
export function defenceless(store: FullStore): FullStore {
  return new Proxy(store, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      return async (...values: unknown[]) => {
        const [order, ...rest] = values;
        if (name === "confirm") return undefined;
        if (name === "confirmPost") {
          for (const each of rest) if (typeof each === "function") each();
          return undefined;
        }
        if (isPost(order)) {
          const list = await of.listById(order.listId);
          if (list === undefined) throw new Error("no list");
          return Reflect.apply(value, of, [{ ...order, warrant: anybodysWarrant(list) }, ...rest]);
        }
        if (!isOrder(order)) return Reflect.apply(value, of, values);
        const list = await of.listById(order.command.listId);
        if (list === undefined) throw new Error("no list");
        const warrant = { list, signedAt: Number.MAX_SAFE_INTEGER, by: { kind: "card" } } as const;
        return Reflect.apply(value, of, [{ ...order, warrant }, ...rest]);
      };
    },
  });
}
