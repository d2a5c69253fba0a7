import { getQuickJS, type QuickJSContext, type QuickJSHandle } from "quickjs-emscripten";

/**
 * A JavaScript engine with nothing but the language, `fetch`, `setTimeout` and `performance.now`: like React Native before 0.74,
 * and with less.
 */
export class BareEngine {
  /** Added to its monotonic clock, in milliseconds. */
  later = 0;
  /** Whether requests get no response, and timers end immediately. */
  isOffline = false;
  readonly #vm: QuickJSContext;
  /** What the engine refers to: timers and requests that have not ended. */
  readonly #pending = new Set<{ dispose(): void }>();

  private constructor(vm: QuickJSContext) {
    this.#vm = vm;
    this.#define("fetch", (url, init) => this.#fetch(vm.getString(url), vm.dump(init)));
    this.#define("setTimeout", (work, milliseconds) => this.#setTimeout(work.dup(), vm.getNumber(milliseconds)));
    this.#define("now", () => vm.newNumber(performance.now() + this.later));
    this.#evaluate("globalThis.performance = { now }; delete globalThis.now;").dispose();
  }

  static async start(script: string): Promise<BareEngine> {
    const engine = new BareEngine((await getQuickJS()).newContext());
    engine.#evaluate(script).dispose();
    return engine;
  }

  stop(): void {
    for (const handle of this.#pending) handle.dispose();
    this.#pending.clear();
    this.#vm.dispose();
  }

  /**
   * Runs the body of an async function.
   *
   * @returns what it returns
   */
  async run(body: string): Promise<ReturnType<typeof JSON.parse>> {
    const started = this.#evaluate(`(async () => { ${body} })()`);
    const settled = this.#vm.resolvePromise(started);
    this.#vm.runtime.executePendingJobs();
    const value = this.#vm.unwrapResult(await settled);
    const result = this.#vm.dump(value);
    for (const handle of [started, value]) handle.dispose();
    return result;
  }

  #define(name: string, work: (...values: QuickJSHandle[]) => QuickJSHandle): void {
    const made = this.#vm.newFunction(name, work);
    this.#vm.setProp(this.#vm.global, name, made);
    made.dispose();
  }

  #evaluate(code: string): QuickJSHandle {
    return this.#vm.unwrapResult(this.#vm.evalCode(code));
  }

  #fetch(url: string, { method, headers, body }: RequestInit): QuickJSHandle {
    const vm = this.#vm;
    const promise = vm.newPromise();
    if (this.isOffline) {
      this.#pending.add(promise);
      return promise.handle;
    }
    const answer = async () => {
      const response = await fetch(url, { method, headers, body } as RequestInit);
      const text = JSON.stringify(await response.text());
      return this.#evaluate(`({ status: ${response.status}, json: async () => JSON.parse(${text}) })`);
    };
    answer().then(
      (value) => value.consume((handle) => promise.resolve(handle)),
      () => vm.newError("Network request failed").consume((handle) => promise.reject(handle)),
    );
    void promise.settled.then(() => vm.runtime.executePendingJobs());
    return promise.handle;
  }

  #setTimeout(work: QuickJSHandle, milliseconds: number): QuickJSHandle {
    this.#pending.add(work);
    const run = () => {
      if (!this.#pending.delete(work)) return;
      this.#vm.unwrapResult(this.#vm.callFunction(work, this.#vm.undefined)).dispose();
      work.dispose();
      this.#vm.runtime.executePendingJobs();
    };
    setTimeout(run, this.isOffline ? 0 : milliseconds).unref();
    return this.#vm.newNumber(1);
  }
}
