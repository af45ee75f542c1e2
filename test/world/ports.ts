import { createServer } from "node:net";

/** The only address that anything in the private mail world listens on or connects to. */
export const LOOPBACK = "127.0.0.1";

/** Ports already given to somebody in this process: the kernel may offer a closed one again. */
const handedOut = new Set<number>();

/** Asks the kernel for one port on loopback that nobody listens on. */
function askKernel(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Gives a TCP port on loopback that was free a moment ago and that this process has given to nobody else.
 * Servers that can't listen on port 0 and tell (Dovecot, Postfix) need one before they start.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await askKernel();
    if (port !== 0 && !handedOut.has(port)) {
      handedOut.add(port);
      return port;
    }
  }
}
