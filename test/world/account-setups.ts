import { z } from "zod";
import type { Thunderbird } from "./thunderbird.js";

/** Other set-ups of accounts in a Thunderbird that runs. */
export class AccountSetups {
  readonly #thunderbird: Thunderbird;

  constructor(thunderbird: Thunderbird) {
    this.#thunderbird = thunderbird;
  }

  #call<T>(shape: z.ZodType<T>, name: string, ...args: readonly unknown[]): Promise<T> {
    return this.#thunderbird.marionette.call(shape, "account-setups", name, ...args);
  }

  /** Adds a POP account whose mail goes into the Inbox of Local Folders, as the default one; gives the key of its identity. */
  addGlobalInbox(fullName: string, email: string, smtpPort: number): Promise<string> {
    return this.#call(z.string(), "addGlobalInboxAccount", fullName, email, smtpPort);
  }

  async useAsDefault(account: string): Promise<void> {
    await this.#call(z.null(), "useAsDefault", account);
  }

  async remove(account: string): Promise<void> {
    await this.#call(z.null(), "removeAccount", account);
  }

  /** The identities of Local Folders. */
  localIdentities(): Promise<readonly { readonly key: string; readonly email: string }[]> {
    return this.#call(z.array(z.object({ key: z.string(), email: z.string() })), "localIdentities");
  }

  /** Puts a mail into a folder of Local Folders, which is made where it is missing. */
  async putInLocalFolder(folder: string, source: string): Promise<void> {
    await this.#call(z.null(), "putInLocalFolder", folder, source);
  }
}
