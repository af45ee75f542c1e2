import { shapeOf } from "../../src/extension/display/shape.js";
import type { MessagePart } from "../../src/extension/thunderbird.js";

const key = (partName = "1.2"): MessagePart => ({ contentType: "application/vnd.listseal.key", partName });
const body = (partName = "1.3"): MessagePart => ({ contentType: "application/vnd.listseal.body", partName });
const message = (partName = "1.2"): MessagePart => ({
  contentType: "application/vnd.listseal.message",
  partName,
});
const through = (partName = "1.4"): MessagePart => ({
  contentType: "application/vnd.listseal.through",
  partName,
});
const text = (contentType = "text/plain"): MessagePart => ({ contentType, partName: "1.1" });
const multi = (kind: string, ...parts: MessagePart[]): MessagePart => ({
  contentType: `multipart/${kind}`,
  partName: "1",
  parts,
});
const mail = (part: MessagePart): MessagePart => ({
  contentType: "message/rfc822",
  partName: "",
  parts: [part],
});

describe("opens by itself", () => {
  test.each([
    ["the composer's shape, key", multi("mixed", text(), key(), body())],
    ["the composer's shape, whole", multi("mixed", text(), message())],
    ["the server's shape, key", multi("encrypted", key(), body())],
    ["the server's shape, whole", multi("encrypted", message())],
    ["delivery opened", multi("encrypted", key(), through(), body())],
    ["delivery opened, mixed", multi("mixed", text(), through(), message())],
    [
      "the composer's shape from a webmail, told by the names",
      multi(
        "mixed",
        text(),
        { contentType: "application/octet-stream", name: "sealed-key.pgp", partName: "1.2" },
        { contentType: "application/pgp-encrypted", name: "sealed-body (1).pgp", partName: "1.3" },
      ),
    ],
    ["type with parameters in capitals", multi("mixed", text("Text/Plain; charset=UTF-8"), key(), body())],
  ])("%s", (_, part) => {
    expect(shapeOf(mail(part)).kind).toBe("own-shell");
  });
});

describe("is named and opened by a click", () => {
  /** The types of all parts, whatever they stand in: where a reader looks that asks only whether they are there. */
  const typesIn = (part: MessagePart): readonly string[] => [
    part.contentType ?? "",
    ...(part.parts ?? []).flatMap(typesIn),
  ];
  const foreignShells: [string, MessagePart][] = [
    ["other text before it", multi("mixed", text("text/html"), key(), body())],
    ["other text behind it", multi("mixed", text(), key(), body(), text())],
    [
      "an ordinary attachment beside it",
      multi("mixed", text(), key(), body(), { contentType: "image/png", partName: "1.4" }),
    ],
    [
      "another part of ours beside it, told by its name",
      multi("mixed", text(), key(), body(), {
        contentType: "application/octet-stream",
        name: "sealed-message.pgp",
        partName: "1.4",
      }),
    ],
    ["nested", multi("mixed", text(), multi("mixed", key(), body()))],
    ["in an attached mail", multi("mixed", text(), mail(multi("encrypted", key(), body())))],
    ["related instead of mixed", multi("related", text(), key(), body())],
    ["two messages in one", multi("mixed", text(), key(), body(), message("1.5"))],
    ["the key alone", multi("mixed", text(), key())],
    ["two list signatures", multi("encrypted", key(), body(), through(), through("1.5"))],
    ["text inside encrypted", multi("encrypted", text(), key(), body())],
    ["a notice that has parts of its own", multi("mixed", { ...text(), parts: [text()] }, key(), body())],
  ];

  test.each(foreignShells)(
    "%s: a reader that looks for a key part anywhere opens it by itself",
    (_, part) => {
      expect(typesIn(part)).toContain("application/vnd.listseal.key");
    },
  );

  test.each(foreignShells)("%s: ours waits to be asked", (_, part) => {
    expect(shapeOf(mail(part)).kind).toBe("elsewhere");
  });
});

test("a second part beside the shape makes it another mail", () => {
  const root = {
    ...mail(multi("encrypted", key(), body())),
    parts: [multi("encrypted", key(), body()), text()],
  };
  expect(shapeOf(root).kind).toBe("elsewhere");
});

test("ordinary mail has no shape", () => {
  expect(shapeOf(mail(text())).kind).toBe("none");
  expect(
    shapeOf(mail(multi("mixed", text(), { contentType: "application/pgp-encrypted", partName: "1.2" }))).kind,
  ).toBe("none");
  expect(shapeOf({}).kind).toBe("none");
});

test("the parts come with the names by which Thunderbird gives them out", () => {
  expect(shapeOf(mail(multi("encrypted", key("1.1"), body("1.2"))))).toEqual({
    kind: "own-shell",
    parts: [
      { partName: "1.1", type: "application/vnd.listseal.key" },
      { partName: "1.2", type: "application/vnd.listseal.body" },
    ],
  });
});
