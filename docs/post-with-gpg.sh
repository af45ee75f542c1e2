#!/bin/sh
# Posts to a ListSeal list with nothing but GnuPG (2.2 or later, with gpgsplit): writes the mail to standard output.
#
#   post-with-gpg.sh -f alice@example.org -l team@lists.example -L LIST-KEY -S SERVER-KEY [option...] [FILE...] <text >mail
#
#   -f ADDRESS      your address; its secret key is in your keyring
#   -k FINGERPRINT  your key, if your address has several
#   -l ADDRESS      the list
#   -L FINGERPRINT  the list key, -S FINGERPRINT the list's server key: import both, and compare both fingerprints
#                   with your invitation (they are trusted because you name them here)
#   -m key|whole    the list's mode (default: key)
#   -s SUBJECT      the true subject, sealed inside
#   -r MESSAGE-ID   the message you reply to, with its angle brackets
#   -i FILE         your introduction's certificate, if you were invited
#   FILE...         attachments
#
# Pass the mail to any mailer: sendmail -f alice@example.org team@lists.example <mail
# Visible outside the seals: your address, the list's, the date, the message you reply to, and the approximate length.
set -eu
umask 077
LC_ALL=C
export LC_ALL

usage() { sed -n '2,/^set/{/^#/p;}' "$0" >&2; exit 64; }
die() { echo "post-with-gpg: $*" >&2; exit 1; }
lower() { printf %s "$1" | tr -d ' ' | tr A-F a-f; }

me='' own='' list='' list_key='' server_key='' mode=key subject='' answers='' introduction=''
while getopts f:k:l:L:S:m:s:r:i: option; do
  case $option in
    f) me=$OPTARG ;; k) own=$(lower "$OPTARG") ;; l) list=$OPTARG ;; m) mode=$OPTARG ;;
    L) list_key=$(lower "$OPTARG") ;; S) server_key=$(lower "$OPTARG") ;;
    s) subject=$OPTARG ;; r) answers=$OPTARG ;; i) introduction=$OPTARG ;; *) usage ;;
  esac
done
shift $((OPTIND - 1))
for given in "$me" "$list" "$list_key" "$server_key"; do [ -n "$given" ] || usage; done
case $mode in key | whole) ;; *) usage ;; esac
# these go into header fields outside the seals: nothing in them may start a new line
case $me$list$answers in *[!\!-~]*) die "an address or message id contains characters that are not allowed" ;; esac
for file in ${introduction:+"$introduction"} "$@"; do [ -f "$file" ] && [ -r "$file" ] || die "can't read $file"; done

[ -n "$own" ] || own=$(gpg --batch --quiet --with-colons --list-secret-keys "<$me>" | awk -F: '$1 == "fpr" { print $10; exit }')
[ -n "$own" ] || die "your keyring has no secret key for $me: import it, or check -f"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
id="<$(random)@${me##*@}>"
boundary="_ls_$(random)"
date=$(date -u '+%a, %d %b %Y %H:%M:%S +0000')
outer_subject="[${list%@*}] encrypted message"
gpg --batch --yes --quiet --no-armor --export -o "$work/certificate" "$own"
[ -s "$work/certificate" ] || die "can't export your certificate: check the key given with -k"

# A header field's text as RFC 2047 requires: words of at most 45 bytes, no character split across two of them.
words() {
  case $1 in *[!\ -~]*) ;; *) printf %s "$1"; return ;; esac
  printf %s "$1" | od -An -v -to1 | tr -s ' ' '\n' | sed '/^$/d' |
    awk '{ if (n > 41 && ($1 < 200 || $1 > 277)) { print ""; n = 0 } printf "\\%s", $1; n++ } END { print "" }' |
    while read -r octets; do
      # shellcheck disable=SC2059 # the format is made of octal escapes alone
      printf ' =?UTF-8?B?%s?=\n' "$(printf "$octets" | base64 | tr -d '\n')"
    done | sed '1s/^ //'
}

# part TYPE DISPOSITION: one part in base64, from standard input
part() {
  printf -- '--%s\nContent-Type: %s\nContent-Transfer-Encoding: base64\n' "$boundary" "$1"
  [ -z "$2" ] || printf 'Content-Disposition: %s\n' "$2"
  echo
  base64 | fold -w 76
  echo
}

thread() { [ -z "$answers" ] || printf 'In-Reply-To: %s\nReferences: %s\n' "$answers" "$answers"; }

# The payload (RFC 9788, hp="cipher"): the true header, the text, the attachments, your certificate.
payload() {
  printf 'From: %s\nTo: %s\nSubject: %s\nDate: %s\nMessage-ID: %s\n' "$me" "$list" "$(words "$subject")" "$date" "$id"
  thread
  printf 'MIME-Version: 1.0\nHP-Outer: From: %s\nHP-Outer: To: %s\n' "$me" "$list"
  printf 'HP-Outer: Subject: %s\nHP-Outer: Date: %s\nHP-Outer: Message-ID: %s\n' "$outer_subject" "$date" "$id"
  thread | sed 's/^/HP-Outer: /'
  printf 'Content-Type: multipart/mixed; hp="cipher"; boundary="%s"\n\n' "$boundary"
  part 'text/plain; charset=utf-8' ''
  for file in "$@"; do
    name=$(basename "$file" | tr -d '\n' | tr -c 'A-Za-z0-9._-' _)
    part application/octet-stream "attachment; filename=\"$name\"" <"$file"
  done
  part application/vnd.listseal.author inline <"$work/certificate"
  [ -z "$introduction" ] || part application/vnd.listseal.introduction inline <"$introduction"
  printf -- '--%s--\n' "$boundary"
}

crlf() { awk '{ printf "%s\r\n", $0 }'; }

# seal KIND OUTPUT GPG-OPTION...: signed for this list and message, as this kind, and encrypted to exactly the
# recipients named (an encrypt-to line in gpg.conf would add one), with their key ids. % is special in notations.
seal() {
  kind=$1 output=$2
  shift 2
  gpg --batch --yes --quiet --trust-model always --no-encrypt-to --no-throw-keyids --no-armor --no-textmode -z 0 \
    --set-notation "kind@v1.listseal.example=$kind" \
    --set-notation "list@v1.listseal.example=$(printf %s "$list" | sed 's/%/%%/g') $list_key" \
    --set-notation "msgid@v1.listseal.example=$(printf %s "$id" | sed 's/%/%%/g')" \
    -u "$own" "$@" -o "$output" --sign --encrypt
}

# 1. the inner seal, for the list; the letter itself never touches the disk
{ payload "$@"; : >"$work/complete"; } | crlf | seal post "$work/inner" -r "$list_key"
[ -f "$work/complete" ] || die "could not read the whole letter"

# 2. the outer seal, for the list's server and yourself, in mode `key` over the key packet alone
if [ "$mode" = key ]; then
  (cd "$work" && gpgsplit -p split. inner)
  key=$work/split.000001-001.pk_enc body=$work/split.000002-018.encrypted_mdc
  [ -f "$key" ] && [ -f "$body" ] || die "gpg did not make one key packet and one data packet: check gpg.conf for options that change its output"
  digest=$(gpg --batch --print-md SHA256 <"$body" | tr -dc 0-9A-F | tr A-F a-f)
  seal submit "$work/outer" -r "$server_key" -r "$own" --set-notation "body-sha256@v1.listseal.example=$digest" <"$key"
else
  seal submit "$work/outer" -r "$server_key" -r "$own" <"$work/inner"
fi

# 3. the mail
{
  printf 'From: %s\nTo: %s\nSubject: %s\nDate: %s\nMessage-ID: %s\n' "$me" "$list" "$outer_subject" "$date" "$id"
  thread
  printf 'X-ListSeal: v=1; mode=%s\nMIME-Version: 1.0\n' "$mode"
  printf 'Content-Type: multipart/mixed; boundary="%s"\n\n' "$boundary"
  printf '%s\n' 'This message is encrypted to a mailing list. Only the members of the list can read' \
    'it, its subject and its attachments: with ListSeal (for Thunderbird, Chromium and' \
    'Firefox) or with GnuPG.' | part 'text/plain; charset=utf-8' ''
  if [ "$mode" = key ]; then
    part application/vnd.listseal.key 'attachment; filename="sealed-key.pgp"' <"$work/outer"
    part application/vnd.listseal.body 'attachment; filename="sealed-body.pgp"' <"$body"
  else
    part application/vnd.listseal.message 'attachment; filename="sealed-message.pgp"' <"$work/outer"
  fi
  printf -- '--%s--\n' "$boundary"
} | crlf
