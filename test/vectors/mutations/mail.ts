/** What is checked of letters and mails. */
import type { Mutation } from "../suite.js";

export const mailMutations: readonly Mutation[] = [];
