import { join } from "node:path";
import type { Readable } from "node:stream";
import { type RunningProcess, runToEnd, startProcess } from "./processes.js";

/** An X display of our own, without a screen. */
export interface Display {
  /** What DISPLAY is set to, such as ":5". */
  readonly name: string;
  /** Saves a PNG picture of the whole screen, dialogs and popups included. */
  picture(file: string): Promise<void>;
  stop(): Promise<void>;
}

/** Saves a PNG picture of a whole X screen by ImageMagick. */
async function pictureOf(name: string, file: string): Promise<void> {
  await runToEnd("import", ["-display", name, "-window", "root", file]);
}

/** The display that the person sits at; nothing is started or stopped. */
export function existingDisplay(name: string): Display {
  return { name, picture: (file) => pictureOf(name, file), stop: async () => {} };
}

/** Starts Xvfb on a display number that Xvfb itself finds free. `size` in pixels. */
export async function startXvfb(
  folder: string,
  size: { readonly width: number; readonly height: number } = { width: 1400, height: 1200 },
): Promise<Display> {
  const server = await startProcess({
    name: "Xvfb",
    command: "Xvfb",
    args: [
      "-displayfd",
      "3",
      "-screen",
      "0",
      `${size.width}x${size.height}x24`,
      "-nolisten",
      "tcp",
      "-noreset",
    ],
    logFile: join(folder, "xvfb.log"),
    extraStdio: ["pipe"],
  });
  const name = `:${await displayNumber(server)}`;
  return {
    name,
    picture: (file) => pictureOf(name, file),
    stop: async () => {
      await server.stop();
    },
  };
}

/** Reads the number that Xvfb writes to file descriptor 3 once it is ready. */
async function displayNumber(server: RunningProcess): Promise<string> {
  const pipe = server.child.stdio[3];
  if (pipe === null || pipe === undefined || !isReadable(pipe)) throw new Error("Xvfb has no descriptor 3");
  const first = new Promise<string>((resolve) =>
    pipe.once("data", (chunk: Buffer) => resolve(chunk.toString("ascii").trim())),
  );
  const early = server.ended.then((ending) => {
    throw new Error(`Xvfb ended (${JSON.stringify(ending)}):\n${server.logTail()}`);
  });
  early.catch(() => {});
  return Promise.race([first, early]);
}

function isReadable(stream: object): stream is Readable {
  return "read" in stream && "once" in stream;
}
