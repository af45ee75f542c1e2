import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** What one party could and could not see at a step, in plain words made from what was observed. */
export interface Sight {
  readonly who: string;
  readonly sees: readonly string[];
  readonly seesNot: readonly string[];
}

/** One step of the tour. */
export interface Step {
  readonly title: string;
  readonly text: string;
  /** File names of pictures in the album's folder, with what they show. */
  readonly pictures: readonly { readonly file: string; readonly alt: string }[];
  /** Bytes as they were found, where a picture is not what counts. */
  readonly excerpt?: { readonly caption: string; readonly text: string };
  readonly sights: readonly Sight[];
}

/** A group of steps. */
export interface Chapter {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly steps: Step[];
}

/** Collects the steps and their pictures while the tour goes on. */
export class Album {
  readonly folder: string;
  readonly chapters: Chapter[] = [];
  #pictures = 0;

  /** @param folder gets the pictures; made if it is not there */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  chapter(id: string, title: string, text: string): Chapter {
    const chapter: Chapter = { id, title, text, steps: [] };
    this.chapters.push(chapter);
    return chapter;
  }

  /**
   * Takes a picture.
   * @param take writes a PNG to the path that it gets
   */
  async picture(
    name: string,
    alt: string,
    take: (path: string) => Promise<void>,
  ): Promise<{ readonly file: string; readonly alt: string }> {
    this.#pictures += 1;
    const file = `${String(this.#pictures).padStart(2, "0")}-${name}.png`;
    await take(join(this.folder, file));
    return { file, alt };
  }
}
