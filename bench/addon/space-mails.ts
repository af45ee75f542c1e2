/** What our page of lists is measured with: years of a busy list in English and Japanese, sealed for one reader. */

import { outerSubject } from "../../src/mail/fixed-texts.js";
import { type Letter, writePayload } from "../../src/mail/payload.js";
import { sealingHalf, writeSealingKey } from "../../src/protocol/index.js";
import { MadeList, type MadePerson, makePerson } from "../../test/tour/made-list.js";

/** A word that stands in this many mails of a thousand and in no other, and how a person types it. */
export interface RareWord {
  readonly typed: string;
  /** In every so many mails. */
  readonly every: number;
}

/** Searched for while it is measured. */
export const rareWords = {
  english: { typed: "quetzal", every: 500 },
  japanese: { typed: "翡翠色", every: 400 },
} as const satisfies Readonly<Record<string, RareWord>>;
/** In all English mails, and thus in more than are ever shown. */
export const COMMON_WORD = "the";

/** Three of ten mails. */
const isJapanese = (number: number) => number % 10 < 3;

/** Letters of a language, as far as a search cares: 700 kanji make half a million words of two. */
const KANJI =
  "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強公持野以思家世多正安院心界教文元重近考画海売知道集別物使品計死特私始朝運終台広住無真有口少町料工建空急止送切転研足究楽起着店病質待試族銀早映親験英医仕去味写字答夜音注帰古歌買悪図週室歩風紙黒花春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂鳥飯勉";
const GLUE = [
  "を",
  "は",
  "が",
  "に",
  "の",
  "で",
  "と",
  "も",
  "から",
  "します。",
  "しました。",
  "です。",
  "ください。",
];
const SYLLABLES =
  "ba be bo ca ce co da de di fa fe ga go ha he ho la le li lo ma me mi mo na ne no pa pe po ra re ri ro sa se si so ta te ti to va ve vi";

/** The same numbers in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Words {
  readonly subject: string;
  readonly text: string;
}

/** Some 1,200 characters in English, some 700 in Japanese, as mails of a list have. */
function wordsOf(number: number): Words {
  const random = numbers(number + 1);
  const syllables = SYLLABLES.split(" ");
  const of = <T>(all: readonly T[]): T | "" => all[random(all.length)] ?? "";
  const english = () => Array.from({ length: 1 + random(3) }, () => of(syllables)).join("");
  const japanese = () => `${of([...KANJI])}${of([...KANJI])}${of(GLUE)}`;
  const word = isJapanese(number) ? japanese : english;
  const gap = isJapanese(number) ? "" : " ";
  const rare = [
    ...(number % rareWords.english.every === 7 ? [rareWords.english.typed] : []),
    ...(number % rareWords.japanese.every === 1 ? [rareWords.japanese.typed] : []),
  ];
  const lines = Array.from({ length: 18 }, () => Array.from({ length: 12 }, word).join(gap));
  return {
    subject: Array.from({ length: 4 + random(4) }, word).join(gap),
    text: [...rare, isJapanese(number) ? "" : COMMON_WORD, ...lines, ""].join("\r\n"),
  };
}

/** Milliseconds between two mails: of ten thousand some two thousand are of the last fortnight, which each start looks through. */
const GAP_MS = 600_000;

/** A list, its reader, and its mails one after the other. */
export class YearsOfMail {
  readonly list: MadeList;
  readonly reader: MadePerson;
  readonly #authors: readonly MadePerson[];
  readonly #since: Date;

  private constructor(list: MadeList, reader: MadePerson, authors: readonly MadePerson[], since: Date) {
    this.list = list;
    this.reader = reader;
    this.#authors = authors;
    this.#since = since;
  }

  /** @param count how many mails there are until now */
  static async make(address: string, count: number): Promise<YearsOfMail> {
    const since = new Date(Date.now() - (count + 60) * GAP_MS);
    const names = ["Olga", "Kenji", "Amélie", "Bruno", "大石 翠"];
    const authors = await Promise.all(
      names.map((name, at) => makePerson(`member${at}@example.test`, name, since)),
    );
    const list = await MadeList.make("board@lists.example", "Board", authors.slice(0, 1), since);
    return new YearsOfMail(list, await makePerson(address, "Alice", since), authors, since);
  }

  /** Mail number so and so, ten minutes after the one before; seven of ten continue an earlier one. */
  async mail(number: number, subject = wordsOf(number).subject): Promise<Uint8Array> {
    const random = numbers(number + 77);
    const author = this.#authors[random(this.#authors.length)];
    if (author === undefined) throw new Error("nobody writes");
    const before = number - 10 * (1 + random(20));
    const references = before >= 0 && random(10) < 7 ? [idOf(before)] : [];
    const date = new Date(this.#since.getTime() + (number + 1) * GAP_MS);
    const from = { address: author.address, name: author.name };
    const to = [{ address: this.list.address }];
    const messageId = idOf(number);
    const letter: Letter = {
      ...{ from, to, cc: [], date, messageId, references, attachments: [] },
      ...{ subject, text: wordsOf(number).text },
      author: { certificate: writeSealingKey(sealingHalf(author.key)) },
    };
    const payload = writePayload(letter, { subject: outerSubject(this.list.address), from, to });
    return this.list.copyOf(this.reader, author, { payload, messageId, references, date });
  }
}

const idOf = (number: number) => `<post-${number}@lists.example>`;
