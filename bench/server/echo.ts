/** Answers each octet with itself, and does nothing else: how late it is, everybody is. A process of its own; says its port. */
import { createServer } from "node:net";

const server = createServer((socket) => socket.pipe(socket).on("error", () => undefined));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`);
});
