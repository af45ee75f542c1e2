/** A mail's tree and parts as Thunderbird hands them out: enough for the mails that our own code writes. */
import type { MessagePart } from "../../src/extension/thunderbird.js";

interface Node {
  readonly part: MessagePart;
  /** Decoded; empty for a multipart. */
  readonly bytes: Uint8Array;
  readonly nodes: readonly Node[];
}

function readPart(text: string, partName: string): Node {
  const end = text.indexOf("\r\n\r\n");
  const head = end < 0 ? text : text.slice(0, end);
  const body = end < 0 ? "" : text.slice(end + 4);
  const headers: Record<string, string[]> = {};
  for (const line of head.replace(/\r\n[ \t]+/g, " ").split("\r\n")) {
    const at = line.indexOf(":");
    const name = line.slice(0, at).toLowerCase();
    if (at > 0) headers[name] = [...(headers[name] ?? []), line.slice(at + 1).trim()];
  }
  const type = headers["content-type"]?.[0] ?? "text/plain";
  const contentType = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  const name = /name="?([^";]+)"?/i.exec(`${type};${headers["content-disposition"]?.[0] ?? ""}`)?.[1];
  const pieces =
    boundary === undefined || !contentType.startsWith("multipart/")
      ? []
      : `\r\n${body}`
          .split(`\r\n--${boundary}`)
          .slice(1, -1)
          .map((piece) => piece.replace(/^[ \t]*\r\n/, ""));
  const nodes = pieces.map((piece, index) => readPart(piece, `${partName}.${index + 1}`));
  const base64 = headers["content-transfer-encoding"]?.[0]?.toLowerCase() === "base64";
  return {
    part: {
      contentType,
      partName,
      headers,
      ...(name === undefined ? {} : { name }),
      parts: nodes.map(({ part }) => part),
    },
    bytes: new Uint8Array(Buffer.from(nodes.length > 0 ? "" : body, base64 ? "base64" : "latin1")),
    nodes,
  };
}

/** A mail, taken apart. */
export interface TakenApart {
  /** As `messages.getFull` gives it. */
  readonly tree: MessagePart;
  /** As `messages.getAttachmentFile` gives them, by part name. */
  readonly files: ReadonlyMap<string, File>;
}

export function takeApart(raw: Uint8Array): TakenApart {
  const top = readPart(Buffer.from(raw).toString("latin1"), "1");
  const files = new Map<string, File>();
  const walk = ({ part, bytes, nodes }: Node): void => {
    const { partName = "", name = "", contentType = "" } = part;
    files.set(partName, new File([Buffer.from(bytes)], name, { type: contentType }));
    nodes.forEach(walk);
  };
  walk(top);
  const { headers = {} } = top.part;
  return { tree: { contentType: "message/rfc822", partName: "", headers, parts: [top.part] }, files };
}
