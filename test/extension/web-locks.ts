/** Web Locks, which Node 20 and jsdom lack, as far as the add-on uses them: exclusive, by name, in the order of asking. */
class FakeLocks {
  readonly #last = new Map<string, Promise<unknown>>();

  request<T>(name: string, work: () => Promise<T>): Promise<T> {
    const next = (this.#last.get(name) ?? Promise.resolve()).then(work);
    this.#last.set(
      name,
      next.catch(() => undefined),
    );
    return next;
  }
}

if (!("navigator" in globalThis)) Object.defineProperty(globalThis, "navigator", { value: {} });
if (!("locks" in navigator)) Object.defineProperty(navigator, "locks", { value: new FakeLocks() });
