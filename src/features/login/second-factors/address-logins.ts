import type { Client } from "#shared/client";
import type { LoginStep } from "../flow/login.ts";
import type { CodeFactor } from "./code-forms.ts";
import type { CodeProof } from "./second-factor.service.ts";

/** Logins that wait for a mailed code before it is decided whose they are. */
export interface AddressLogin {
  /** Whether the token is of such a login, whatever became of it. */
  ownsChallenge(token: string): boolean;
  /** Goes on with the login if the code is right. @throws {AppError} as `SecondFactorLogin.logIn` */
  logIn(proof: CodeProof & { readonly factor: CodeFactor }, client: Client): Promise<LoginStep>;
  /** Mails another code. @returns where to, masked @throws {AppError} as `SecondFactorLogin.sendEmailCode` */
  sendEmailCode(challenge: string, client: Client): Promise<string>;
}

/** Where later features add theirs. */
export class AddressLogins {
  readonly #logins: AddressLogin[] = [];

  add(login: AddressLogin): void {
    this.#logins.push(login);
  }

  /** The login of this challenge, or null if it is not one of these. */
  of(challenge: string): AddressLogin | null {
    return this.#logins.find((login) => login.ownsChallenge(challenge)) ?? null;
  }
}
