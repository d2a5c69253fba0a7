import type { Tokens, Transport } from "./operations.ts";
import { Refused } from "./web-client.ts";

/** Sends the refresh mutation by the client's own means. Throws `Refused`, or that nobody could be reached. */
export type SendRefresh = (variables: { input?: { refreshToken: string } }) => Promise<Tokens>;

/** What a frontend remembers of a login, and the one place where it gets new tokens. */
export class TokenKeeper {
  readonly transport: Transport;
  accessToken: string | null = null;
  #refreshToken: string | null = null;
  #deviceToken: string | null = null;
  #signedIn: boolean;
  #refreshing: Promise<void> | null = null;

  constructor(transport: Transport) {
    this.transport = transport;
    // A page that was just loaded cannot see the cookie: the first refresh tells whether somebody is signed in.
    this.#signedIn = transport === "COOKIE";
  }

  get signedIn(): boolean {
    return this.#signedIn;
  }

  get deviceToken(): string | null {
    return this.#deviceToken;
  }

  keep({ accessToken, refreshToken }: Tokens, deviceToken = this.#deviceToken): void {
    this.accessToken = accessToken;
    this.#refreshToken = refreshToken;
    this.#deviceToken = deviceToken;
    this.#signedIn = true;
  }

  forget(): void {
    this.accessToken = null;
    this.#refreshToken = null;
    this.#signedIn = false;
  }

  /** Gets new tokens: once for everybody who asks meanwhile. Only a refusal signs out, an outage does not. */
  refresh(send: SendRefresh): Promise<void> {
    this.#refreshing ??= this.#refresh(send).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(send: SendRefresh): Promise<void> {
    if (!this.#signedIn) return;
    try {
      this.keep(await send(this.#refreshToken === null ? {} : { input: { refreshToken: this.#refreshToken } }));
    } catch (error) {
      if (!(error instanceof Refused) || error.extensions.code !== "INVALID_REFRESH_TOKEN") throw error;
      this.forget();
    }
  }
}
