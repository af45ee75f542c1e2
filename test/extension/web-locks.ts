/** Web Locks, which Node 20 and jsdom lack, as far as the add-on uses them: exclusive, by name, in the order of asking. */
class FakeLocks {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #rob = new Map<string, () => void>();

  request<T>(name: string, work: () => Promise<T>): Promise<T>;
  request<T>(name: string, options: { readonly steal: true }, work: () => Promise<T>): Promise<T>;
  request<T>(
    name: string,
    ...asked: [() => Promise<T>] | [{ readonly steal: true }, () => Promise<T>]
  ): Promise<T> {
    return asked.length === 1 ? this.#wait(name, asked[0]) : this.#steal(name, asked[1]);
  }

  #steal<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.#rob.get(name)?.();
    const robbed = new Promise<never>((_, reject) =>
      this.#rob.set(name, () => reject(new DOMException("stolen", "AbortError"))),
    );
    return Promise.race([work(), robbed]);
  }

  #wait<T>(name: string, work: () => Promise<T>): Promise<T> {
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
