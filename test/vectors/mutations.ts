import type { Mutation } from "./suite.js";
export const mutations: readonly Mutation[] = [
  {
    name: "the list signature is verified",
    file: "src/openpgp/signature.ts",
    find: "await only.verified;",
    replace: "",
  },
];
