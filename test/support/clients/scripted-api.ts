import type { Execute } from "../../../src/client/index.ts";
import type { LoginResponse } from "../../../src/client/login/results.ts";
import { FakeApi } from "./fake-api.ts";
import { FakeBrowser } from "./fake-browser.ts";

type Answer = (input: Readonly<Record<string, unknown>>) => unknown;

/** A promise, and the function that fulfils it. */
export const pending = <Value = void>(): { readonly promise: Promise<Value>; resolve(value: Value): void } => {
  let resolve = (_: Value): void => {};
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

/** An error of the API, as GraphQL clients throw it. */
export const refusal = (code: string, more: object = {}): object => ({
  errors: [{ message: `It is ${code}.`, extensions: { code, ...more } }],
});

export const USER = {
  id: "user-1",
  email: "ada@example.com",
  emailVerified: true,
  name: "Ada",
  username: null,
  locale: "en",
  isOperator: false,
  hasPassword: true,
  mfa: { enabled: false, totpEnabled: false, passkeyCount: 0, backupCodesLeft: 0, preferredFactor: null },
  tenant: { id: "tenant-1", name: "Acme", slug: "acme" },
} as const;

export const sessionOf = (id: string) =>
  ({
    id,
    createdAt: "2026-01-01T00:00:00Z",
    lastActivityAt: "2026-01-01T00:00:00Z",
    ipAddress: "203.0.113.7",
    authenticatedWith: ["PASSWORD"],
    device: { label: "Firefox on Linux" },
    location: null,
  }) as const;

/** In ten minutes: long enough for every test. */
export const inTenMinutes = (): string => new Date(Date.now() + 600_000).toISOString();

/** Answers each root field as a test scripts it, and records what was sent. The tokens are those of `FakeApi`. */
export class ScriptedApi {
  readonly sent: {
    readonly field: string;
    readonly input: Readonly<Record<string, unknown>>;
    readonly isPublic: boolean;
  }[] = [];
  readonly api = new FakeApi();
  readonly #answers = new Map<string, Answer>();

  /** A page of a browser with this API. */
  open(): ReturnType<FakeBrowser["open"]> {
    return new FakeBrowser(this.api.fetch).open({ transport: "BODY" });
  }

  /** From now on, this root field returns what `answer` returns, or fails with what it throws. */
  on(field: string, answer: Answer): this {
    this.#answers.set(field, answer);
    return this;
  }

  /** How often this root field was sent. */
  countOf(field: string): number {
    return this.sent.filter((one) => one.field === field).length;
  }

  /** The last input of this root field. */
  inputOf(field: string): Readonly<Record<string, unknown>> | undefined {
    return this.sent.findLast((one) => one.field === field)?.input;
  }

  loginSuccess(sessionId = "session-1"): LoginResponse {
    return {
      __typename: "LoginSuccess",
      ...this.api.logIn(sessionId),
      user: USER,
      session: sessionOf(sessionId),
      evictedSessions: [],
      mfaRecommended: true,
      enrolmentTicket: "ticket",
    };
  }

  readonly execute: Execute = async ({ query, variables, isPublic }) => {
    const [, field = ""] = /payload: (\w+)/.exec(query) ?? [];
    const { input = {} } = variables as { readonly input?: Readonly<Record<string, unknown>> };
    // What JSON does not contain was not sent.
    this.sent.push({ field, input: JSON.parse(JSON.stringify(input)), isPublic });
    const answer = this.#answers.get(field);
    if (!answer) throw new Error(`The test does not answer ${field}.`);
    return { payload: await answer(input) };
  };
}
