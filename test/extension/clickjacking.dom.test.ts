import { jest } from "@jest/globals";
import {
  type FrameVisibility,
  guardPresses,
  watchSight,
} from "../../src/extension/app/webmail/clickjacking.js";

/** What the browser says of one look. */
interface Look {
  readonly isIntersecting: boolean;
  readonly isVisible: boolean;
}
const plain: Look = { isIntersecting: true, isVisible: true };
const covered: Look = { isIntersecting: true, isVisible: false };
const away: Look = { isIntersecting: false, isVisible: false };

/** jsdom has no Intersection Observer; the real one is in test/e2e/webmail-hostile.test.ts. */
let looks: (entries: readonly Look[]) => void;

/** @param knows whether this browser can tell what is covered */
function browser({ knows }: { readonly knows: boolean }): void {
  class Entry {}
  if (knows) Object.defineProperty(Entry.prototype, "isVisible", { value: false });
  class Observer {
    constructor(callback: (entries: readonly Look[]) => void) {
      looks = callback;
    }
    observe(): void {}
  }
  Object.assign(globalThis, { IntersectionObserver: Observer, IntersectionObserverEntry: Entry });
}

beforeEach(() => {
  jest.useFakeTimers();
  browser({ knows: true });
});
afterEach(() => {
  jest.useRealTimers();
});

function watched() {
  const told: FrameVisibility[] = [];
  const sight = watchSight(document.body, (now) => told.push(now));
  return { told, sight };
}

test("clicks count only after a while in plain sight, and it is told when they do", () => {
  const { told, sight } = watched();
  expect(sight()).toBe("appearing");
  looks([plain]);
  jest.advanceTimersByTime(699);
  expect(sight()).toBe("appearing");
  jest.advanceTimersByTime(1);
  expect(sight()).toBe("counts");
  expect(told).toEqual(["appearing", "appearing", "counts"]);
});

test("what covers the frame is called that, and the while begins anew when it is gone", () => {
  const { sight } = watched();
  looks([plain]);
  jest.runAllTimers();
  looks([covered]);
  expect(sight()).toBe("covered");
  jest.advanceTimersByTime(10_000);
  expect(sight()).toBe("covered");
  looks([plain]);
  expect(sight()).toBe("appearing");
  jest.runAllTimers();
  expect(sight()).toBe("counts");
});

test("covered and free again between two looks is not in plain sight all the while", () => {
  const { sight } = watched();
  looks([plain]);
  jest.runAllTimers();
  looks([covered, plain]);
  expect(sight()).toBe("appearing");
});

test("scrolled out of sight is not covered", () => {
  const { sight } = watched();
  looks([away]);
  expect(sight()).toBe("away");
});

test("a browser that can't tell lets clicks count at once", () => {
  browser({ knows: false });
  const { sight } = watched();
  expect(sight()).toBe("counts");
});

test("a script's click never counts, and nothing is said of it", () => {
  browser({ knows: false });
  const told: string[] = [];
  guardPresses(document.body, (text) => told.push(text));
  expect(document.body.dataset["clicks"]).toBe("counts");
  const pressed = jest.fn();
  document.body.addEventListener("click", pressed);
  document.body.click();
  expect(pressed).not.toHaveBeenCalled();
  expect(told).toEqual([]);
});
