import type { ClientInfo } from "#shared/client-info";
import type { LoginFlowResult } from "../flow/login.ts";
import type { CodeFactor } from "./code-forms.ts";
import type { CodeSubmission } from "./second-factor.service.ts";

/** Logins that wait for a mailed code before their user is determined. */
export interface AddressLogin {
  /** Whether the token belongs to such a login, whatever its status. */
  ownsChallenge(token: string): boolean;
  /** Continues the login if the code is right. @throws {AppError} as `SecondFactorLogin.logIn` */
  logIn(proof: CodeSubmission & { readonly factor: CodeFactor }, client: ClientInfo): Promise<LoginFlowResult>;
  /** Mails another code. @returns the masked address @throws {AppError} as `SecondFactorLogin.sendEmailCode` */
  sendEmailCode(challenge: string, client: ClientInfo): Promise<string>;
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
