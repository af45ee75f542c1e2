/** What is checked of letters and mails. */
import type { Mutation } from "../suite.js";
import { inFile } from "./in-file.js";

export const mailMutations: readonly Mutation[] = [
  ...inFile("mail/payload.ts", [
    ["letter: a field stands there once", "value === undefined || found.length !== 1", "value === undefined"],
    ["letter: a field that may be missing is not doubled", "if (found.length > 1) throw", "if (false) throw"],
    ["letter: Message-ID has one id", "messageId.length !== 1 || ", ""],
    ["letter: Date is one", " || Number.isNaN(date.getTime())", ""],
    [
      "letter: To and Cc are no reason to refuse",
      "    return parseMailboxList(value);\n  } catch {",
      "    return parseMailboxList(value);\n  } catch (error) {\n    throw error;",
    ],
    [
      "an id in References is of the form",
      '(value ?? "").match(messageIdPattern) ?? []',
      '(value ?? "").split(" ")',
    ],
  ]),
  ...inFile("mail/letter-body.ts", [
    [
      "letter: there is one certificate",
      "this.#certificates.length > 1 || this.#introductions.length > 1",
      "this.#introductions.length > 1",
    ],
    ["letter: a Legacy Display element is removed", "hasCopies ? withoutLegacyText(words) : words", "words"],
    [
      "letter: only a marked Legacy Display element is removed",
      'node.contentType.parsed.params["hp-legacy-display"] === "1"',
      "true",
    ],
    [
      "letter: the author's parts are no attachments",
      "if (type === authorType || type === introductionType) return [];",
      "",
    ],
  ]),
  ...inFile("mail/sealed-mail.ts", [
    [
      "mail: no sealed part is doubled",
      'if (ours.some((found) => found.length > 1)) throw new ProtocolError("damaged", "a sealed part is doubled");',
      "",
    ],
    [
      "mail: the parts make one message",
      "key !== undefined && body !== undefined && message === undefined",
      "key !== undefined && body !== undefined",
    ],
    [
      "mail: the seal field's version",
      "version !== undefined && Number(version) !== FORMAT_VERSION",
      "false",
    ],
    [
      "mail: the seal field is of its form",
      "if (said === undefined || mode !== sealed.mode)",
      "if (said !== undefined && mode !== sealed.mode)",
    ],
    [
      "mail: the seal field's mode is that of the parts",
      "if (said === undefined || mode !== sealed.mode)",
      "if (said === undefined)",
    ],
    [
      "mail: the seal field stands there once",
      'if (another !== undefined) throw new ProtocolError("damaged", "the seal field is doubled");',
      "",
    ],
    ["mail: there is one From", "from === undefined || second !== undefined", "from === undefined"],
    [
      "mail: the sender has one certificate",
      'if (anotherAuthor !== undefined) throw new ProtocolError("damaged", "a sender has one certificate");',
      "",
    ],
    ["mail: there are at most 16 attachments", "MAX_ATTACHMENTS = 16", "MAX_ATTACHMENTS = 17"],
  ]),
  ...inFile("mail/part-types.ts", [
    [
      "part: its name counts under silent types alone",
      'silentTypes.includes(type) ? namedType(part.name ?? "") : undefined',
      'namedType(part.name ?? "")',
    ],
    [
      "part: its name counts where its type says nothing",
      'silentTypes.includes(type) ? namedType(part.name ?? "") : undefined',
      "undefined",
    ],
    ["part: the number behind a name has at most four digits", "[ _]?\\(\\d{1,4}\\)", "[ _]?\\(\\d+\\)"],
    ["part: names have no case", "name.trim().toLowerCase()", "name.trim()"],
  ]),
  ...inFile("mail/mime-tree.ts", [
    ["part: one with two types is none of ours", 'return isDoubled(node) ? "" : node', "return node"],
    [
      "part: one in an attached mail is found",
      'contentType === "message/rfc822" && bytes !== null && depth < MAX_ATTACHED_DEPTH',
      "false",
    ],
  ]),
  ...inFile("mail/own-shell.ts", [
    [
      "shell: no other Content-* field",
      "if (others.some((name) => !knownContentFields.includes(name))) return undefined;",
      "",
    ],
    [
      "shell: the mail's type has a boundary and a protocol alone",
      'if (Object.keys(top.params).some((name) => name !== "boundary" && name !== "protocol")) return undefined;',
      "",
    ],
    ["shell: the mail's own encoding is plain", " || !isPlainEncoding(fields)", ""],
    [
      "shell: it is mixed or encrypted",
      "sealed === undefined || !/^multipart\\/(?:mixed|encrypted)$/.test(top.value)",
      "sealed === undefined",
    ],
    [
      "shell: mixed has the notice",
      'const sealed = top.value === "multipart/mixed" ? withoutNotice(raw, bodies, boundary) : bodies;',
      'const sealed = top.value === "multipart/mixed" ? bodies.slice(1) : bodies;',
    ],
    ["shell: the parts make one message", "if (!isComplete(parts)) return undefined;", ""],
    ["shell: there is one list signature at most", "isOne && parts.length - types.length <= 1", "isOne"],
    ["shell: the boundary has a character outside base64", " || /^[A-Za-z0-9+/=]*$/.test(boundary)", ""],
    [
      "shell: nothing is before the first boundary",
      "if (isPreamble && !isEmpty(raw, start, hyphen, PREAMBLE)) return undefined;",
      "",
    ],
    [
      "shell: nothing is behind the last boundary",
      "isPreamble || !isEmpty(raw, next, raw.length) ? undefined : spans",
      "isPreamble ? undefined : spans",
    ],
    [
      "shell: no control characters",
      '/[\\x00-\\x08\\x0a-\\x1f\\x7f]/.test(line) || line.trim() === ""',
      'line.trim() === ""',
    ],
    [
      "shell: no line of blanks in a header",
      ' || line.trim() === "") return undefined;',
      ") return undefined;",
    ],
    ["shell: no field is doubled", "if (last !== undefined && single.test(key)) return undefined;", ""],
    [
      "shell: a parameter stands there once",
      "read === undefined || params.has(name.toLowerCase())",
      "read === undefined",
    ],
    [
      "shell: a part has the known fields alone",
      "if (Object.keys(fields).some((name) => !partFields.includes(name))) return undefined;",
      "",
    ],
    ["shell: a part is base64", 'head === undefined || head.encoding !== "base64"', "head === undefined"],
    [
      "shell: a part is attached or inline",
      'if (disposition !== undefined && !["attachment", "inline"].includes(disposition.value)) return undefined;',
      "",
    ],
    ["shell: a part's name is its own", "names.some((each) => namedType(each) !== known)", "false"],
    [
      "shell: a part's base64 is plain",
      "return bytes === undefined ? undefined : { name, type: known, bytes };",
      'return { name, type: known, bytes: bytes ?? Uint8Array.from(Buffer.from(latin1.decode(raw.subarray(head.body.start, head.body.end)), "base64")) };',
    ],
    [
      "shell: the notice is plain text",
      'head === undefined || head.type.value !== "text/plain"',
      "head === undefined",
    ],
    ["shell: the notice's charset", "if (!charsets.includes(charset.toLowerCase())) return undefined;", ""],
    [
      "shell: the notice's type says no more",
      'if (Object.keys(more).some((name) => name !== "format" && name !== "delsp")) return undefined;',
      "",
    ],
    [
      "shell: the notice has no file name",
      'disposition.value !== "inline" || "filename" in disposition.params',
      'disposition.value !== "inline"',
    ],
    ["shell: the notice is word by word one of the fixed ones", "&& notices.has(wordsOf(text))", ""],
  ]),
  ...inFile("mail/outer-header.ts", [
    [
      "outside: the subject",
      'isForeignSubject(outer.subject, inside) ? (["subject"] as const) : []',
      'false ? (["subject"] as const) : []',
    ],
    [
      "outside: From is the list or the author",
      "if (address !== list && address !== author) return true;",
      "",
    ],
    ["outside: the name in From", "return !known.some((each) => same(said, each));", "return false;"],
    [
      "outside: there is a From",
      "if (from === null || from.length > MAX_FIELD) return true;",
      "if (from === null || from.length > MAX_FIELD) return false;",
    ],
    ["outside: when it came", "came - inside.signedAt.getTime() > ON_ITS_WAY_MS", "false"],
    ["outside: how long it may be on its way", "ON_ITS_WAY_MS = 11 *", "ON_ITS_WAY_MS = 13 *"],
    ["outside: not less than that", "ON_ITS_WAY_MS = 11 *", "ON_ITS_WAY_MS = 9 *"],
    [
      "outside: when one's own server got it",
      'dateOf(received?.slice(received.lastIndexOf(";") + 1) ?? null)',
      "undefined",
    ],
  ]),
  ...inFile("extension/worker/read-mail.ts", [
    [
      "a reader looks at the seal field of a mail in its own shell",
      "assertSealFields(own.parts, own.headers);",
      "",
    ],
    ["a reader looks at the seal field of any mail", "assertSealFields(parts, tree.headers);", ""],
  ]),
  ...inFile("protocol/open-post.ts", [
    [
      "a stray list signature is told",
      'sealed.listSignature !== undefined && outer.form === "sealed"',
      "false",
    ],
  ]),
  ...inFile("protocol/own-seal.ts", [
    [
      "draft: its signature",
      "const { notations } = await verifyOnly(layer.literal, layer.signatures, certificate, now);",
      "const notations = layer.signatures[0]?.packets[0]?.rawNotations ?? [];",
    ],
    ["draft: its kind", "readNotations(notations, kind, []);", ""],
  ]),
];
