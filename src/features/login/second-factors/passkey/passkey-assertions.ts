import { generateAuthenticationOptions, type PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import { AppError } from "#shared/errors";
import { bytesOfUuid, type ChallengeId, type UserId } from "#shared/ids";
import type { VerifiedFactor } from "../../flow/login.ts";
import type { FactorSubject, SecondFactor } from "../second-factor.ts";
import { CEREMONY_LIFETIME_MS, type Ceremony, type PasskeyChallenges } from "./passkey-challenges.ts";
import { type AssertionResponse, parseAssertion, readClientData } from "./passkey-responses.ts";
import {
  type Credential,
  type CredentialOwner,
  findCredentialOfUser,
  findCredentialOwner,
  listDescriptorsOfUser,
  updatePasskeyUsed,
} from "./passkeys.repository.ts";
import { type RelyingParty, requireRelyingParty } from "./relying-party.ts";
import { verifyAssertion } from "./webauthn.ts";

/** The proof that a client has a passkey. */
export interface PasskeySubmission {
  /** The challenge returned by `startLogin`; for an unfinished login, the token of that login, which is not used here. */
  readonly challenge: string;
  /** The result of `credential.toJSON()` in the browser. */
  readonly response: object;
}

/** The options for a passkey prompt in the browser. */
export interface PasskeyAuthenticationOptions {
  /** The challenge to sign; also in `publicKey`. */
  readonly challenge: string;
  readonly publicKey: PublicKeyCredentialRequestOptionsJSON;
}

/** The user identified by a passkey. */
export interface IdentifiedUser {
  readonly candidate: Omit<CredentialOwner, "credential">;
  readonly factor: VerifiedFactor;
}

export interface PasskeyAssertionsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly challenges: PasskeyChallenges;
  /** Null if passkeys are not available. */
  readonly relyingParty: RelyingParty | null;
  readonly log: Pick<Logger, "info">;
}

/** An assertion that responds to a challenge of this server; its signature is not verified yet. */
interface Answer {
  readonly assertion: AssertionResponse;
  readonly challenge: string;
  /** Consumed when the answer is used. */
  readonly challengeId: string;
}

/** Passkeys in logins: as the second factor, as the only factor, and for a step-up. */
export class PasskeyAssertions implements SecondFactor<PasskeySubmission> {
  constructor(private readonly deps: PasskeyAssertionsDeps) {}

  /**
   * The options for the browser: for an unfinished login, restricted to the passkeys of its user; else for any passkey that the user
   * chooses.
   * @throws {AppError} BAD_REQUEST if passkeys are not available, or the user does not have one
   */
  async startLogin(
    pending: { readonly id: ChallengeId; readonly userId: UserId } | null,
  ): Promise<PasskeyAuthenticationOptions> {
    const { challenges, db } = this.deps;
    const { id: rpID } = requireRelyingParty(this.deps.relyingParty);
    const allowed = pending && (await listDescriptorsOfUser(db, pending.userId));
    // Browsers would treat an empty list as "any passkey".
    if (allowed?.length === 0) throw new AppError("BAD_REQUEST", { message: "This user has no passkeys." });

    const challenge = challenges.issue(
      pending ? { kind: "SECOND_FACTOR", challengeId: pending.id } : { kind: "ASSERTION" },
    );
    const publicKey = await generateAuthenticationOptions({
      rpID,
      challenge: Uint8Array.from(Buffer.from(challenge, "base64url")),
      userVerification: "required",
      timeout: CEREMONY_LIFETIME_MS,
      ...(allowed && {
        allowCredentials: allowed.map(({ credentialId, transports }) => ({
          id: credentialId.toString("base64url"),
          transports,
        })),
      }),
    });
    return { challenge, publicKey };
  }

  /** Whether this user signed the challenge of the unfinished login or of the step-up. */
  async verify(
    user: User,
    { challenge, response }: PasskeySubmission,
    subject: FactorSubject,
  ): Promise<VerifiedFactor | null> {
    const relyingParty = requireRelyingParty(this.deps.relyingParty);
    if (subject.kind !== "LOGIN") return this.verifyUnbound(user, { challenge, response });
    const answer = this.#read(response, { kind: "SECOND_FACTOR", challengeId: subject.id });
    return answer && this.#verify(user, answer, relyingParty);
  }

  /** Whether this user signed a challenge that is not bound to a login. */
  async verifyUnbound(user: User, { challenge, response }: PasskeySubmission): Promise<VerifiedFactor | null> {
    const relyingParty = requireRelyingParty(this.deps.relyingParty);
    const answer = this.#read(response, { kind: "ASSERTION" }, challenge);
    return answer && this.#verify(user, answer, relyingParty);
  }

  async #verify(user: User, answer: Answer, relyingParty: RelyingParty): Promise<VerifiedFactor | null> {
    const credential = await findCredentialOfUser(this.deps.db, user.id, credentialIdOf(answer));
    if (!credential) return this.#refuse("The passkey is not one of the user's.");
    const { userHandle } = answer.assertion.response;
    if (userHandle && !isHandleOf(user, userHandle)) return this.#refuse("The user handle is another user's.");
    return this.#accept(answer, credential, relyingParty);
  }

  /** Identifies the user by the passkey; null if the answer is wrong or the passkey is unknown. */
  async identify({ challenge, response }: PasskeySubmission, deviceTokenHash: Buffer): Promise<IdentifiedUser | null> {
    const relyingParty = requireRelyingParty(this.deps.relyingParty);
    const answer = this.#read(response, { kind: "ASSERTION" }, challenge);
    if (!answer) return null;
    const owner = await findCredentialOwner(this.deps.db, credentialIdOf(answer), deviceTokenHash);
    if (!owner) return this.#refuse("The passkey is unknown.");
    const { credential, ...candidate } = owner;
    const { userHandle } = answer.assertion.response;
    // If no user was named, the handle identifies the user (Web Authentication Level 3, section 7.2).
    if (!userHandle || !isHandleOf(candidate.user, userHandle))
      return this.#refuse("The user handle is missing, or another user's.");
    const factor = await this.#accept(answer, credential, relyingParty);
    return factor && { candidate, factor };
  }

  /** The answer to a challenge of this server for this ceremony, and to the named challenge if there is one; else null. */
  #read(response: unknown, ceremony: Ceremony, named?: string): Answer | null {
    const assertion = parseAssertion(response);
    const challenge = assertion && readClientData(assertion.response.clientDataJSON)?.challenge;
    if (!challenge) return this.#refuse("The response is malformed.");
    if (named !== undefined && challenge !== named) return this.#refuse("The challenge signed is not the one named.");
    const challengeId = this.deps.challenges.read(challenge, ceremony);
    if (!challengeId) return this.#refuse("The challenge is unknown, expired, or of another ceremony.");
    return { assertion, challenge, challengeId };
  }

  async #accept(answer: Answer, credential: Credential, relyingParty: RelyingParty): Promise<VerifiedFactor | null> {
    const { challenges, clock } = this.deps;
    const { assertion: response, challenge, challengeId } = answer;
    const { id, createdAt: since, createdBySession } = credential;
    try {
      const { counter, backedUp } = await verifyAssertion({ response, challenge, relyingParty, credential });
      return {
        methods: ["PASSKEY"],
        passkeyId: id,
        since,
        createdBySession,
        consume: async (tx) => {
          if (!(await challenges.consume(tx, challengeId))) return null;
          const used = await updatePasskeyUsed(tx, { id, counter, backedUp, usedAt: clock.now() });
          return used && {};
        },
      };
    } catch (error) {
      return this.#refuse(error instanceof Error ? error.message : String(error));
    }
  }

  /** Only the log contains the reason, not the response: the usual cause is a setting that does not match the page. */
  #refuse(reason: string): null {
    this.deps.log.info({ reason }, "A passkey was refused.");
    return null;
  }
}

const credentialIdOf = ({ assertion }: Answer): Buffer => Buffer.from(assertion.id, "base64url");

const isHandleOf = ({ id }: Pick<User, "id">, handle: string): boolean =>
  bytesOfUuid(id).equals(Buffer.from(handle, "base64url"));
