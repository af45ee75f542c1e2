#!/usr/bin/env python3
"""A member of a list, written from docs/FORMAT.md and docs/MEMBERSHIP.md alone: Python and gpg, nothing of ListSeal.

    member.py STATE join INVITATION CODE NAME      writes the request's mail to standard output
    member.py STATE roster                         the same, to ask for the roster and the record
    member.py STATE receive < MAIL                 says what an answer, a post or a notice is; "mail: " begins a mail to be sent, base64

STATE is a file. Profile `compatible` only: gpg reads no other. Numbers are sections of MEMBERSHIP.md.
"""
import base64
import email
import email.policy
import email.utils
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage

SPACE = "@v1.listseal.example"
AHEAD = timedelta(minutes=10)
TYPE = "application/vnd.listseal."
ARMOR = "-----BEGIN PGP "
DAMM = ["0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
        "3674209581", "5869720134", "8945362017", "9438617205", "2581436790"]


class Refused(Exception):
    """The code of a refusal."""


def refuse_unless(good, code):
    if not good:
        raise Refused(code)


def now():
    return datetime.now(timezone.utc)


# ---- gpg: one home for each look, with nothing in it but what the look is about

def unarmored(text):
    """The bytes of an armor; gpg 2.2 misreads one in three that has no checksum."""
    lines = re.search(r"-----BEGIN PGP [^\n]*-----\s*?\n(?:[^\n]+: [^\n]*\n)*\s*\n(.*?)\n-----END", text.replace("\r", ""), re.S)[1]
    return base64.b64decode("".join(line for line in lines.split("\n") if not line.startswith("=")))


class Home:
    def __init__(self, *keys):
        self.path = tempfile.mkdtemp(prefix="lsm-")
        for key in keys:
            self.gpg(["--import"], unarmored(key) if isinstance(key, str) else key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["gpgconf", "--homedir", self.path, "--kill", "all"], check=False)
        shutil.rmtree(self.path, ignore_errors=True)

    def gpg(self, args, data=b"", fails=False):
        base = ["gpg", "--homedir", self.path, "--batch", "--no-tty", "--yes", "--status-fd", "2", "--trust-model",
                "always", "--pinentry-mode", "loopback", "--no-auto-key-retrieve"]
        ran = subprocess.run(base + args, input=data, capture_output=True, check=False)
        if ran.returncode and not fails:
            raise RuntimeError(f"gpg {args}: {ran.stderr.decode()}")
        return ran.stdout, ran.stderr.decode("utf-8", "replace")

    def file(self, name, data):
        path = os.path.join(self.path, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def fingerprints(self):
        """Primary fingerprints, in the order of the keyring."""
        lines = self.gpg(["--with-colons", "--list-keys"])[0].decode().split("\n")
        return [lines[at + 1].split(":")[9].lower() for at, line in enumerate(lines) if line.startswith("pub:")]


def signatures(said):
    """The good signatures that gpg reported: primary fingerprint, date, our notations."""
    found, name = [], None
    for line in said.split("\n"):
        words = line.split(" ")
        if words[:1] != ["[GNUPG:]"]:
            continue
        if words[1] == "NEWSIG":
            found.append({"by": None, "says": {}, "type": None})
        elif words[1] == "VALIDSIG":
            found[-1].update(by=words[-1].lower(), at=datetime.fromtimestamp(int(words[4]), timezone.utc), type=words[10])
        elif words[1] == "NOTATION_NAME":
            name = words[2][:-len(SPACE)] if words[2].endswith(SPACE) else None
            if name is not None:
                refuse_unless(name not in found[-1]["says"], "binding-missing")
                found[-1]["says"][name] = ""
        elif words[1] == "NOTATION_DATA" and name is not None:
            # a long value comes in several lines
            found[-1]["says"][name] += re.sub("%([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), " ".join(words[2:]))
    return found


def only_signature(said, by, kind, names=()):
    """1, Signatures: exactly one, by one of these, of this kind."""
    found = signatures(said)
    refuse_unless(found, "not-signed")
    refuse_unless(len(found) == 1, "several-signatures")
    [one] = found
    refuse_unless(one["by"] is not None, "bad-signature")
    refuse_unless(one["by"] in by, "unknown-author")
    refuse_unless(one["type"] == "00", "wrong-kind")
    refuse_unless(one["at"] <= now() + AHEAD, "from-the-future")
    check_notations(one["says"], kind, names)
    return one


def check_notations(says, kind, names):
    refuse_unless("kind" in says, "binding-missing")
    refuse_unless(says["kind"] == kind, "wrong-kind")
    refuse_unless(all(name in says for name in names), "binding-missing")
    refuse_unless(len(says) == len(names) + 1, "binding-mismatch")


def fingerprint_of(certificate):
    with Home(certificate) as home:
        all_ = home.fingerprints()
        refuse_unless(len(all_) == 1, "key-damaged")
        return all_[0]


# ---- JSON (1)

def is_date(text):
    try:
        return isinstance(text, str) and datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").strftime("%Y-%m-%dT%H:%M:%SZ") == text
    except ValueError:
        return False


def matches(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


FORMS = {
    "date": is_date,
    "address": lambda v: isinstance(v, str) and len(v) <= 254 and v == v.lower() and re.fullmatch(r"[!-?A-~]{1,64}@[a-z0-9.-]+", v) is not None,
    "fingerprint": matches("[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}"),
    "id": matches("[0-9a-f]{32}"),
    "hash": matches("[0-9a-f]{64}"),
    "armor": lambda v: isinstance(v, str) and v.startswith(ARMOR),
    "count": lambda v: type(v) is int and 0 <= v < 2 ** 53,
    "text": lambda v: isinstance(v, str),
    "object": lambda v: isinstance(v, dict),
    "list": lambda v: isinstance(v, list),
}


def read_json(data, kind, damaged, other_kind, **fields):
    try:
        value = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise Refused(damaged) from error
    refuse_unless(isinstance(value, dict) and type(value.get("listseal")) is int and value["listseal"] >= 1, damaged)
    refuse_unless(value["listseal"] == 1, "unsupported-version")
    refuse_unless(value.get("kind") == kind, other_kind)
    for name, form in fields.items():
        refuse_unless(FORMS[form](value.get(name)), damaged)
    return value


# ---- codes (2) and the invitation (4)

def read_code(typed):
    digits = re.sub(r"[^0-9]", "", typed)
    groups = [digits[at:at + 5] for at in range(0, len(digits), 5)]
    refuse_unless(len(digits) == 25, "wrong-code")
    for place, group in enumerate(groups):
        interim = place
        for digit in group[:4]:
            interim = int(DAMM[interim][int(digit)])
        refuse_unless(interim == int(group[4]), "wrong-code")
    return "-".join(groups)


def read_invitation(file, code):
    unlock = ["--passphrase", read_code(code), "-d"]
    with Home() as home:
        content, said = home.gpg(unlock, file, fails=True)
        refuse_unless("DECRYPTION_OKAY" in said, "wrong-code")
        invitation = read_json(content, "invitation", "invitation-damaged", "wrong-file-kind", list="object", listKey="armor",
                               server="armor", owners="list", invitee="address", introduction="armor", joinBy="date")
    owners = {fingerprint_of(owner): owner for owner in invitation["owners"]}
    with Home(*owners.values()) as home:
        again, said = home.gpg(unlock, file)
        signed = only_signature(said, owners, "invitation")
        refuse_unless(again == content, "invitation-damaged")
    refuse_unless(invitation["joinBy"] > now().strftime("%Y-%m-%dT%H:%M:%SZ"), "invitation-expired")
    state = {
        "address": invitation["list"]["address"], "requests": invitation["list"]["requestAddress"],
        "listKeys": {fingerprint_of(invitation["listKey"]): invitation["listKey"]},
        "server": invitation["server"], "serverKey": fingerprint_of(invitation["server"]), "owners": owners,
        "me": invitation["invitee"], "introduction": invitation["introduction"],
        "serials": {"owners": 0, "new-list-key": 0, "new-server-key": 0}, "waits": {}, "heads": {},
    }
    proven = read_introduction(public(invitation["introduction"]), state)
    refuse_unless(proven["by"] == signed["by"] and proven["address"] == state["me"]
                  and proven["joinBy"] == invitation["joinBy"], "invitation-damaged")
    return state


def public(key):
    with Home(key) as home:
        return home.gpg(["--export"])[0]


def armored(key):
    with Home(key) as home:
        return home.gpg(["--armor", "--export"])[0].decode()


# ---- introductions, and authors (5)

def certifications(home, target, user_id):
    """Signatures on one User ID: whether gpg finds them good, by whom they say to be, when, what they say."""
    listed = home.gpg(["--with-colons", "--fixed-list-mode", "--no-sig-cache", "--list-options", 'show-sig-subpackets="20,33"',
                       "--check-sigs", target])[0].decode()
    found, here, ids = [], False, []
    for fields in (line.split(":") for line in listed.split("\n")):
        if fields[0] == "uid":
            ids.append(re.sub(r"\\x(..)", lambda m: chr(int(m[1], 16)), fields[9]))
            here = ids[-1] == user_id
        elif fields[0] in ("sub", "pub"):
            here = False
        elif fields[0] in ("sig", "rev") and here:
            found.append({"good": fields[1] == "!", "by": None, "at": int(fields[5]), "revokes": fields[0] == "rev", "says": {}})
        elif fields[0] == "spk" and here:
            body = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), fields[4].encode())
            if fields[1] == "33":
                # gpg 2.2 gives another fingerprint in its own column
                found[-1]["by"] = body[1:].hex()
                continue
            size = int.from_bytes(body[4:6], "big")
            name = body[8:8 + size].decode()
            if name.endswith(SPACE):
                short = name[:-len(SPACE)]
                refuse_unless(short not in found[-1]["says"], "binding-missing")
                found[-1]["says"][short] = body[8 + size:].decode()
    return found, ids


def only_certification(found, by):
    ours = [one for one in found if one["by"] in by and not one["revokes"]]
    refuse_unless(ours, "not-signed")
    refuse_unless(len(ours) == 1, "several-signatures")
    refuse_unless(not any(one["revokes"] for one in found), "key-revoked")
    refuse_unless(ours[0]["good"], "bad-signature")
    refuse_unless(ours[0]["at"] <= (now() + AHEAD).timestamp(), "from-the-future")
    return ours[0]


def read_introduction(introduction, state, list_keys=()):
    refuse_unless(len(introduction) <= 16384, "too-large")
    fingerprint = fingerprint_of(introduction)
    refuse_unless(fingerprint not in state["owners"], "wrong-role")
    with Home(*state["owners"].values(), introduction) as home:
        ids = certifications(home, fingerprint, None)[1]
        refuse_unless(len(ids) == 1 and ids[0][:1] == "<" and FORMS["address"](ids[0][1:-1]), "wrong-role")
        address = ids[0][1:-1]
        one = only_certification(certifications(home, fingerprint, ids[0])[0], state["owners"])
    check_notations(one["says"], "introduction", ["introduction", "join-by"])
    refuse_unless(is_date(one["says"]["join-by"]), "binding-mismatch")
    words = {f"{state['address']} {key} {address}" for key in [*state["listKeys"], *list_keys]}
    refuse_unless(one["says"]["introduction"] in words, "wrong-list")
    return {"fingerprint": fingerprint, "address": address, "by": one["by"], "at": one["at"],
            "joinBy": one["says"]["join-by"], "words": one["says"]["introduction"]}


def check_introduced(certificate, introduction, proven):
    member = fingerprint_of(certificate)
    refuse_unless(member != proven["fingerprint"], "wrong-role")
    with Home(introduction, certificate) as home:
        user_id = f"<{proven['address']}>"
        found, ids = certifications(home, member, user_id)
        refuse_unless(ids.count(user_id) == 1, "wrong-address")
        one = only_certification(found, {proven["fingerprint"]})
        check_notations(one["says"], "member", ["introduction"])
        refuse_unless(one["says"]["introduction"] == proven["words"], "wrong-list")
        refuse_unless(one["at"] >= proven["at"], "binding-mismatch")
        refuse_unless(any(each["good"] and each["by"] == member and not each["revokes"] for each in found), "bad-signature")
    return member


# ---- requests (6, 7)

def request_mail(state, command, signers):
    request = {"listseal": 1, "kind": "request", "id": secrets.token_hex(16), "date": now().strftime("%Y-%m-%dT%H:%M:%SZ"),
               "list": {"address": state["address"], "key": list(state["listKeys"])[-1]}, **command}
    state["waits"][request["id"]] = command["do"]
    with Home(state["server"], *signers) as home:
        by = [word for key in signers for word in ("--local-user", fingerprint_of(key) + "!")]
        sealed = home.gpg(["--sign", "--encrypt", "--compress-algo", "none", "--digest-algo", "SHA512", "--no-encrypt-to",
                           "--set-notation", f"kind{SPACE}=request", *by, "--recipient", state["serverKey"]],
                          json.dumps(request).encode())[0]
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"] = state["me"], state["requests"]
    mail["Subject"] = f"[{state['address'].split('@')[0]}] sealed request"
    mail["Date"], mail["Message-ID"] = email.utils.format_datetime(now()), email.utils.make_msgid(domain="people.test")
    mail.set_content("A request.\n")
    mail.add_attachment(sealed, maintype="application", subtype="vnd.listseal.request", filename="request.pgp")
    return mail.as_bytes()


def join(state, name):
    user_id, notations = f"<{state['me']}>", ["--cert-notation", f"kind{SPACE}=member"]
    proven = read_introduction(public(state["introduction"]), state)
    with Home(state["introduction"]) as home:
        made = home.gpg(["--passphrase", "", "--quick-gen-key", f"{name} <{state['me']}>", "future-default", "default", "never"])[1]
        key = re.search("KEY_CREATED . ([0-9A-F]+)", made)[1]
        home.gpg(["--quick-add-uid", key, user_id])
        home.gpg([*notations, "--cert-notation", f"introduction{SPACE}={proven['words']}", "--cert-digest-algo", "SHA512",
                  "--local-user", proven["fingerprint"], "--quick-sign-key", key, "=" + user_id])
        state["key"] = home.gpg(["--armor", "--export-secret-keys", key])[0].decode()
    check_introduced(public(state["key"]), public(state["introduction"]), proven)
    command = {"do": "join", "name": name, "certificate": armored(state["key"]),
               "introduction": armored(state["introduction"]), "shape": "encrypted"}
    return request_mail(state, command, [state["key"], state["introduction"]])


# ---- what comes (8, 10, and FORMAT)

def parts_of(mail):
    return {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()}


def open_sealed(state, sealed, senders, kind):
    with Home(state["key"], *senders.values()) as home:
        content, said = home.gpg(["-d"], sealed)
        return content, only_signature(said, senders, kind)


def receive_answer(state, sealed):
    content, signed = open_sealed(state, sealed, {state["serverKey"]: state["server"]}, "answer")
    answer = read_json(content, "answer", "damaged", "wrong-kind", request="id", date="date", list="object", server="armor", result="object")
    refuse_unless(answer["list"].get("address") == state["address"], "wrong-list")
    result = answer["result"]
    unasked = result.get("kind") in ("report", "server-key", "server-key-offer", "old-list-key")
    refuse_unless(unasked or answer["request"] in state["waits"], "binding-mismatch")
    refuse_unless(fingerprint_of(answer["server"]) == state["serverKey"], "binding-mismatch")
    if "head" in result:
        known = state["heads"].setdefault(str(result["head"]["number"]), result["head"]["hash"])
        refuse_unless(known == result["head"]["hash"], "roster-forked")
    yield f"answer: {result['kind']} {result.get('code', '')}".strip()
    if result["kind"] == "roster":
        yield from follow(state, result["entries"], signed)


def receive_notice(state, sealed):
    today = {key: owner for key, owner in state["owners"].items() if key not in state.get("formerOwners", [])}
    content, signed = open_sealed(state, sealed, today, "new-list-key")
    notice = read_json(content, "new-list-key", "damaged", "wrong-kind", date="date", serial="count", list="object", listKey="armor", graceEnds="date")
    refuse_unless(notice["list"].get("address") == state["address"], "wrong-list")
    new = fingerprint_of(notice["listKey"])
    refuse_unless(new != state["serverKey"], "wrong-role")
    refuse_unless(notice["serial"] > state["serials"]["new-list-key"], "old-serial")
    state["serials"]["new-list-key"] = notice["serial"]
    state["listKeys"][new] = notice["listKey"]
    yield f"notice: new list key {new} by {signed['by']}"
    receipt = {"listseal": 1, "kind": "receipt", "date": now().strftime("%Y-%m-%dT%H:%M:%SZ"), "list": notice["list"],
               "news": "new-list-key", "serial": notice["serial"], "by": fingerprint_of(state["key"])}
    with Home(state["key"], state["owners"][signed["by"]]) as home:
        sealed = home.gpg(["--sign", "--encrypt", "--compress-algo", "none", "--digest-algo", "SHA512", "--no-encrypt-to",
                           "--local-user", receipt["by"], "--set-notation", f"kind{SPACE}=receipt", "--recipient", signed["by"]],
                          json.dumps(receipt).encode())[0]
    command = {"do": "receipt", "news": "new-list-key", "serial": notice["serial"], "receipt": base64.b64encode(sealed).decode()}
    yield "mail: " + base64.b64encode(request_mail(state, command, [state["key"]])).decode()


def receive_post(state, parts):
    server = {state["serverKey"]: state["server"]}
    with Home(state["key"], state["server"]) as home:
        key_packet, said = home.gpg(["-d"], parts[TYPE + "key"])
        through = only_signature(said, server, "through", ["list", "msgid", "by", "roster", "body-sha256"])["says"]
    refuse_unless(hashlib.sha256(parts[TYPE + "body"]).hexdigest() == through["body-sha256"], "binding-mismatch")
    message = key_packet + parts[TYPE + "body"]
    with Home(*state["listKeys"].values()) as home:
        payload, said = home.gpg(["-d"], message, fails=True)
        refuse_unless("DECRYPTION_OKAY" in said and "GOODMDC" in said, "damaged")
    letter = email.message_from_bytes(payload, policy=email.policy.SMTP)
    brought = parts_of(letter)
    certificate, introduction = brought[TYPE + "author"], brought.get(TYPE + "introduction")
    refuse_unless(len(certificate) + len(introduction or b"") <= 16384, "too-large")
    author = fingerprint_of(certificate)
    with Home(*state["listKeys"].values(), certificate) as home:
        said = home.gpg(["-d"], message)[1]
        inner = only_signature(said, {author}, "post", ["list", "msgid"])["says"]
    list_ = {f"{state['address']} {key}" for key in state["listKeys"]}
    refuse_unless(inner["list"] in list_ and inner["list"] == through["list"] and through["by"] == author, "binding-mismatch")
    refuse_unless(inner["msgid"] == letter["Message-ID"] == through["msgid"], "binding-mismatch")
    sender = letter["From"].addresses[0].addr_spec
    if author in state["owners"]:
        verdict = "owner"
    elif introduction is None:
        verdict = "not introduced"
    else:
        proven = read_introduction(introduction, state)
        check_introduced(certificate, introduction, proven)
        refuse_unless(proven["address"] == sender, "wrong-author")
        verdict = f"introduced by {proven['by']}"
    yield f"post: from {sender}, {verdict}: {letter.get_body(('plain',)).get_content().strip()}"


# ---- the record (9)

def follow(state, links, _):
    known, members, list_keys, used, burnt, commands = [], {}, [], set(), {}, set()
    for link in links:
        refuse_unless(link["number"] == len(known) + 1, "roster-altered")
        refuse_unless(link["previous"] == (known[-1] if known else "0" * 64), "roster-altered")
        text = f"listseal-roster-entry\n{link['number']}\n{link['previous']}\n{link['entry']}"
        refuse_unless(hashlib.sha256(text.encode()).hexdigest() == link["hash"], "roster-altered")
        known.append(link["hash"])
        entry = json.loads(link["entry"])
        if "command" not in entry:
            if entry["do"] == "add":
                members[entry["address"]] = {"key": entry["fingerprint"], "role": "member", "word": "operator",
                                             "certificate": base64.b64decode(entry.get("certificate", ""))}
            elif entry["do"] == "remove":
                members.pop(entry["address"], None)
            elif entry["do"] == "role":
                members[entry["address"]].update(role=entry["role"], word="operator")
            continue
        data, signed = base64.b64decode(entry["command"], validate=True), base64.b64decode(entry["signatures"], validate=True)
        command = read_json(data, "request", "roster-altered", "roster-altered", id="id", date="date", list="object")
        refuse_unless(command["do"] == entry["do"] and command["list"]["address"] == state["address"], "roster-altered")
        refuse_unless((entry["by"], command["id"]) not in commands, "roster-altered")
        commands.add((entry["by"], command["id"]))
        apply(state, entry, command, (data, signed), members, list_keys, used, burnt)
    for address, member in sorted(members.items()):
        yield f"member: {address} {member['role']} {member['word']}"


def check_signed(signed, *certificates):
    with Home(*certificates) as home:
        data, packets = signed
        said = home.gpg(["--verify", home.file("s", packets), home.file("d", data)])[1]
        found = signatures(said)
        refuse_unless(sorted(one["by"] for one in found) == sorted(home.fingerprints()), "roster-altered")
        for one in found:
            refuse_unless(one["type"] == "00", "roster-altered")
            check_notations(one["says"], "request", [])


def apply(state, entry, command, signed, members, list_keys, used, burnt):
    if command["do"] == "claim":
        key = fingerprint_of(command["certificate"])
        refuse_unless(key == entry["by"] and key in state["owners"], "roster-altered")
        check_signed(signed, command["certificate"])
        list_keys.append(fingerprint_of(command["listKey"]))
        members[command["address"]] = {"key": key, "role": "owner", "word": "claim", "certificate": command["certificate"]}
        return
    if command["do"] == "join":
        introduction, certificate = public(command["introduction"]), public(command["certificate"])
        proven = read_introduction(introduction, state, list_keys)
        refuse_unless(check_introduced(certificate, introduction, proven) == entry["by"], "roster-altered")
        check_signed(signed, introduction, certificate)
        refuse_unless(proven["fingerprint"] not in used and proven["at"] > burnt.get(proven["address"], 0), "roster-altered")
        refuse_unless(entry["at"][:19] <= proven["joinBy"][:19] and proven["address"] not in members, "roster-altered")
        used.add(proven["fingerprint"])
        members[proven["address"]] = {"key": entry["by"], "role": "member", "word": "introduction", "certificate": certificate}
        return
    signer = next((member for member in members.values() if member["key"] == entry["by"]), None)
    if signer is None:
        return
    check_signed(signed, signer["certificate"])
    date = datetime.strptime(command["date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    owner = signer["role"] == "owner"
    named = members.get(command.get("address"))
    about = named is not None and named["key"] == command.get("fingerprint", "").lower()
    if command["do"] == "leave":
        gone = next(address for address, member in members.items() if member is signer)
        del members[gone]
    elif command["do"] == "remove" and owner and about:
        del members[command["address"]]
        burnt[command["address"]] = date
    elif command["do"] == "set-role" and owner and about:
        named["role"] = command["role"]
    elif command["do"] == "withdraw" and owner:
        burnt[command["address"]] = date
    elif command["do"] == "new-list-key" and owner:
        list_keys.append(fingerprint_of(command["listKey"]))
    elif command["do"] == "confirm" and owner:
        for wanted in command["members"]:
            found = members.get(wanted["address"])
            if found and found["key"] == wanted["fingerprint"].lower() and found["role"] == wanted["role"]:
                found["word"] = "owner" if found["word"] == "operator" else found["word"]
    elif command["do"] == "enrol" and owner:
        members[command["address"]] = {"key": fingerprint_of(command["certificate"]), "role": named["role"] if named else "member",
                                       "word": "owner", "certificate": command["certificate"]}


def receive(state, raw):
    parts = parts_of(email.message_from_bytes(raw, policy=email.policy.SMTP))
    if TYPE + "answer" in parts:
        return receive_answer(state, parts[TYPE + "answer"])
    if TYPE + "notice" in parts:
        return receive_notice(state, parts[TYPE + "notice"])
    if TYPE + "key" in parts:
        return receive_post(state, parts)
    return iter(["nothing of ours"])


def main(file, what, *args):
    state = json.load(open(file, encoding="utf-8")) if os.path.exists(file) else None
    try:
        if what == "join":
            with open(args[0], "rb") as invitation:
                state = read_invitation(invitation.read(), args[1])
            sys.stdout.buffer.write(join(state, args[2]))
        elif what == "roster":
            sys.stdout.buffer.write(request_mail(state, {"do": "roster", "after": 0}, [state["key"]]))
        elif what == "receive":
            for line in list(receive(state, sys.stdin.buffer.read())):
                print(line)
    except Refused as refused:
        print(f"refused: {refused}")
        return 1
    with open(file, "w", encoding="utf-8") as out:
        json.dump(state, out)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
