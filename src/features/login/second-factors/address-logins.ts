import type { Client } from "#shared/client";
import type { LoginStep } from "../flow/login.ts";
import type { CodeFactor } from "./code-forms.ts";
import type { CodeProof } from "./second-factor.service.ts";

/** Logins that wait for a mailed code before their user is determined. */
export interface AddressLogin {
  /** Whether the token belongs to such a login, whatever its status. */
  ownsChallenge(token: string): boolean;
  /** Continues the login if the code is right. @throws {AppError} as `SecondFactorLogin.logIn` */
  logIn(proof: CodeProof & { readonly factor: CodeFactor }, client: Client): Promise<LoginStep>;
  /** Mails another code. @returns the masked address @throws {AppError} as `SecondFactorLogin.sendEmailCode` */
  sendEmailCode(challenge: string, client: Client): Promise<string>;
}

/** The registry for such logins of later features. */
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
