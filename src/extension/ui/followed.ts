import { useEffect, useState } from "preact/hooks";
import { browser } from "../platform/browser.js";

/**
 * What a question is answered, asked again whenever something that is kept changes. A question that fails changes nothing: the next
 * change asks again.
 *
 * @param about what the question is about: another one is asked at once
 * @returns the last answer, null before the first; and what takes one that was got otherwise
 */
export function useFollowed<T>(
  ask: () => Promise<T>,
  about: string,
): readonly [answer: T | null, take: (answer: T) => void] {
  const [answer, setAnswer] = useState<T | null>(null);
  const take = (next: T) => setAnswer(() => next);
  useEffect(() => {
    let isOver = false;
    const look = () =>
      void ask().then(
        (next) => {
          if (!isOver) take(next);
        },
        () => undefined,
      );
    look();
    browser.storage.onChanged.addListener(look);
    return () => {
      isOver = true;
      browser.storage.onChanged.removeListener(look);
    };
  }, [about]);
  return [answer, take];
}
