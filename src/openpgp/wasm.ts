/**
 * The loading of our WebAssembly modules, which `scripts/wasm` makes: loops over millions of octets, for readers whose
 * JavaScript is not compiled (Debian's Thunderbird). WebAssembly is compiled there as everywhere.
 */

/** A module that is compiled when it is first asked for. Where there is no WebAssembly, or a policy forbids it, it exports nothing. */
export class WasmModule {
  readonly #base64: string;
  #compiled: WebAssembly.Module | "can't" | undefined;
  #compiling: Promise<WebAssembly.Module> | undefined;

  /** @param base64 its bytes */
  constructor(base64: string) {
    this.#base64 = base64;
  }

  /** The exports of a new instance, at once: for modules of at most 4 kB, since a browser may take no larger ones so. */
  exports(): object {
    try {
      this.#compiled ??= new WebAssembly.Module(this.#bytes());
    } catch {
      // a CompileError under a content security policy, a ReferenceError without WebAssembly
      this.#compiled = "can't";
    }
    return this.#compiled === "can't" ? {} : new WebAssembly.Instance(this.#compiled).exports;
  }

  /** As {@link exports}, of any size: it is compiled in the background. */
  async exportsLater(): Promise<object> {
    let compiled: WebAssembly.Module;
    try {
      this.#compiling ??= WebAssembly.compile(this.#bytes());
      compiled = await this.#compiling;
    } catch {
      return {};
    }
    return (await WebAssembly.instantiate(compiled)).exports;
  }

  #bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(atob(this.#base64), (character) => character.charCodeAt(0));
  }
}
