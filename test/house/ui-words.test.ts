/**
 * The words of the user interface: docs/UI-WORDS.md says what each thing is called, and this list which words do not come back.
 * Each has its reason: mostly that the thing has another name already, or that no native speaker would say it so.
 */
import { localeOf } from "../extension/fake-host.js";

type Unwanted = readonly (readonly [word: RegExp, reason: string])[];

const english: Unwanted = [
  [
    /\b(?:un|re)?seal(?:s|ed|ing)?\b(?!-)/iu,
    "encrypt(ed) to the list; “sealed” is the word of the format, as in sealed-key.pgp",
  ],
  [/\bmails?\b(?! server)/iu, "message; “mail” only in “mail server”, else “email”"],
  [/\be-mail/iu, "email"],
  [/\bposts\b|\b(?:a|the|your|this|that|each) post\b/iu, "message; “post” is what one does"],
  [/\bstand(?:s|ing)?\b/iu, "is, appears"],
  [/\boctets?\b/iu, "bytes, or kB"],
  [/\bpress(?:es|ed|ing)?\b/iu, "click"],
  [/\banew\b/iu, "again, new"],
  [/\b(?:bring|brought)\b/iu, "import, restore, recover"],
  [/\bput away\b/iu, "dismiss"],
  [/\bare others\b/iu, "differ"],
  [/\b(?:run|runs|ran) out\b/iu, "expire"],
  [/\bgood (?:until|for)\b/iu, "valid, expires"],
  [/\ball right\b/iu, "OK"],
  [/\bbeg[aiu]ns?\b/iu, "start"],
  [/\bblanks?\b/iu, "spaces"],
  [/\bneither[.,]|\b(?:no|some|any)body\b/iu, "no one, someone, anyone; “not even you”"],
  [/\bto be done\b/iu, "there is nothing to do"],
  [/\bit was they\b/iu, "it was them"],
  [/\btelephone/iu, "call, by phone"],
  [/\banswer(?:s|ed)?\b/iu, "reply"],
  [/\btak(?:e|es|en) back\b/iu, "withdraw"],
  [/\bmade on\b|\bmake (?:my|a new|the new)\b/iu, "create"],
  [/\b(?:compare|these|key’s) characters\b/iu, "fingerprint"],
  [/\broster\b/iu, "membership record"],
  [/\bwiretap/iu, "intercept"],
  [/\bwhoever\b(?! (?:gave|sent))/iu, "anyone who"],
  [/\bpassed? on\b|\bgive this (?:mail|message) out\b/iu, "deliver, provide"],
  [/['"]/u, "’ and “ ”"],
];

const japanese: Unwanted = [
  [/封印|封を/u, "暗号化"],
  [
    /(?<!ウェブ)メール(?!アドレス|サーバー|ソフト|ボックス|事業者|で(?:届|送)|(?:を|の)送信)/u,
    "メッセージ。「メール」は手段と複合語だけ",
  ],
  [/web\s?メール/iu, "ウェブメール"],
  [/押(?:す|し|さ)/u, "クリック"],
  [/宛(?!て|先)/u, "宛て"],
  [/招待状/u, "招待"],
  [/指紋|鍵の文字|文字列/u, "フィンガープリント"],
  [/(?:リスト|サーバー)の鍵/u, "リスト鍵、サーバー鍵"],
  [/(?<!サーバー|リスト)管理者/u, "サーバー管理者、リスト管理者"],
  [/所有者/u, "リスト管理者"],
  [/申し込み|申請/u, "リクエスト"],
  [/返事|回答/u, "サーバーの「応答」"],
  [/だれ/u, "誰"],
  [/わかりました/u, "OK"],
  [/電話や対面/u, "電話か対面"],
  [/作り直|選んで/u, "作成、選択"],
  [/[\u3040-\u30ff\u4e00-\u9fff][?!:();,]|[?!:(),][\u3040-\u30ff\u4e00-\u9fff]/u, "全角の約物"],
  [
    /[A-Za-z0-9$][\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]|[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff][A-Za-z0-9$]/u,
    "英数字との間に空白",
  ],
  [/[［］"']/u, "「」"],
];

function wrongIn(language: "en" | "ja", unwanted: Unwanted): readonly string[] {
  return Object.entries(localeOf(language)).flatMap(([key, { message }]) =>
    unwanted.flatMap(([word, reason]) => {
      const found = word.exec(message)?.[0];
      return found === undefined ? [] : [`${key}: “${found}” (${reason})`];
    }),
  );
}

test("English: no message has a word that is not to be used", () => {
  expect(wrongIn("en", english)).toEqual([]);
});

test("Japanese: no message has a word that is not to be used", () => {
  expect(wrongIn("ja", japanese)).toEqual([]);
});
