/**
 * The loading of our WebAssembly modules, which `scripts/wasm` makes: loops over millions of octets, for readers whose
 * JavaScript is not compiled (Debian's Thunderbird). WebAssembly is compiled there as everywhere.
 */

/** A module that is compiled when it is first asked for. */
export class WasmModule {
  readonly #base64: string;
  #compiled: WebAssembly.Module | "can't" | undefined;

  /** @param base64 its bytes, at most 4 kB: more would have to be compiled in the background */
  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** The exports of a new instance; none where there is no WebAssembly, or a policy forbids it. */
  exports(): object {
    this.#compiled ??= this.#compile();
    return this.#compiled === "can't" ? {} : new WebAssembly.Instance(this.#compiled).exports;
  }

  #compile(): WebAssembly.Module | "can't" {
    try {
      return new WebAssembly.Module(
        Uint8Array.from(atob(this.#base64), (character) => character.charCodeAt(0)),
      );
    } catch {
      // a CompileError under a content security policy, a ReferenceError without WebAssembly
      return "can't";
    }
  }
}
