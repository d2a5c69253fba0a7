import { type Globals, storageOf, type TokenStorage } from "../globals.ts";
import { createMemory } from "../refresh-token-store.ts";
import type { UnfinishedLogin } from "./results.ts";

const UNFINISHED = "portcullis.login";
const DEVICE = "portcullis.device";
const VERIFIER = "portcullis.social.";

/** A login that waited for its user, and since when, in milliseconds since 1970. */
export interface StoredLogin {
  readonly result: UnfinishedLogin;
  readonly since: number;
}

/** What a login keeps over a reload, or over the visit to a provider's page. Never a password or a token. */
export class LoginMemory {
  readonly #page: TokenStorage;
  readonly #device: TokenStorage | undefined;

  constructor(env: Globals, page: TokenStorage | "sessionStorage" | undefined, device: TokenStorage | undefined) {
    this.#page = (page === "sessionStorage" ? storageOf(env, page) : page) ?? createMemory();
    this.#device = device;
  }

  async keepUnfinished(login: StoredLogin | null): Promise<void> {
    if (login) await this.#page.setItem(UNFINISHED, JSON.stringify(login));
    else await this.#page.removeItem(UNFINISHED);
  }

  async findUnfinished(): Promise<StoredLogin | null> {
    return JSON.parse((await this.#page.getItem(UNFINISHED)) ?? "null");
  }

  async keepVerifier(state: string, verifier: string): Promise<void> {
    await this.#page.setItem(VERIFIER + state, verifier);
  }

  async takeVerifier(state: string): Promise<string | null> {
    const verifier = await this.#page.getItem(VERIFIER + state);
    await this.#page.removeItem(VERIFIER + state);
    return verifier;
  }

  async keepDeviceToken(token: string | null | undefined): Promise<void> {
    if (token) await this.#device?.setItem(DEVICE, token);
  }

  async findDeviceToken(): Promise<string | null> {
    return (await this.#device?.getItem(DEVICE)) ?? null;
  }
}
