import { generateRegistrationOptions, type PublicKeyCredentialCreationOptionsJSON } from "@simplewebauthn/server";
import { findPassword } from "#features/passwords/index";
import type { SessionAuthMethods } from "#features/sessions/index";
import { findUserById, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { Logger } from "#platform/logging";
import type { TransactionEvents } from "#platform/transaction-events";
import { canView, lookupScope } from "#shared/access-policy";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import { bytesOfUuid, type PasskeyId, parseId, type UserId } from "#shared/ids";
import { cleanName } from "#shared/names";
import type { Viewer } from "#shared/viewer";
import { loginMethodRequested } from "../../login.hooks.ts";
import type { FactorChanges } from "../../mfa/factor-changes.ts";
import { CEREMONY_LIFETIME_MS, type PasskeyChallenges } from "./passkey-challenges.ts";
import { parseRegistration } from "./passkey-responses.ts";
import { defaultPasskeyName, MAX_PASSKEYS, validatePasskeyName } from "./passkeys.policy.ts";
import {
  deletePasskey,
  findPasskeyInScope,
  insertPasskey,
  listDescriptorsOfUser,
  listPasskeysOfUsers,
  type Passkey,
  updatePasskeyName,
} from "./passkeys.repository.ts";
import { type RelyingParty, requireRelyingParty } from "./relying-party.ts";
import { ALGORITHMS, type NewCredential, verifyRegistration } from "./webauthn.ts";

export type { Passkey };

export interface PasskeysServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly challenges: PasskeyChallenges;
  readonly factorChanges: Pick<FactorChanges, "apply">;
  readonly authMethods: Pick<SessionAuthMethods, "admitEnrolment">;
  /** Null if passkeys are not available. */
  readonly relyingParty: RelyingParty | null;
  /** The name of the product for its users. */
  readonly product: string;
  readonly log: Pick<Logger, "info">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

export interface PasskeyRegistrationOptions {
  readonly challenge: string;
  readonly publicKey: PublicKeyCredentialCreationOptionsJSON;
}

export interface RegistrationAnswer {
  readonly challenge: string;
  readonly response: object;
  readonly name?: string | null | undefined;
}

/** A user's passkeys: register, list, rename, remove. */
export class PasskeysService {
  constructor(private readonly deps: PasskeysServiceDeps) {}

  /** Whether passkeys can be registered and used. */
  get available(): boolean {
    return this.deps.relyingParty !== null;
  }

  /**
   * The options for creating a passkey in the browser.
   * @throws {AppError} BAD_REQUEST if passkeys are not available, CONFLICT if the viewer has the maximum; REAUTHENTICATION_REQUIRED
   * without an elevated token or a valid enrolment ticket
   */
  async startRegistration(viewer: Viewer, ticket: string | null = null): Promise<PasskeyRegistrationOptions> {
    const { challenges, db, authMethods } = this.deps;
    const { id: rpID } = requireRelyingParty(this.deps.relyingParty);
    const user = await findUserById(db, viewer.userId);
    if (!user) throw new AppError("UNAUTHENTICATED");
    const had = await listDescriptorsOfUser(db, user.id);
    if (had.length >= MAX_PASSKEYS) throw tooMany();
    await authMethods.admitEnrolment(db, viewer, ticket);

    const { sessionId, elevationEpoch: epoch } = viewer;
    const challenge = challenges.issue({ kind: "REGISTRATION", sessionId, epoch });
    const publicKey = await generateRegistrationOptions({
      rpName: this.deps.product,
      rpID,
      challenge: Uint8Array.from(Buffer.from(challenge, "base64url")),
      userID: Uint8Array.from(bytesOfUuid(user.id)),
      userName: user.email,
      userDisplayName: user.name ?? user.email,
      attestationType: "none",
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      excludeCredentials: had.map(({ credentialId, transports }) => ({
        id: credentialId.toString("base64url"),
        transports,
      })),
      supportedAlgorithmIDs: ALGORITHMS,
      timeout: CEREMONY_LIFETIME_MS,
    });
    return { challenge, publicKey };
  }

  /**
   * Stores the passkey that the browser created.
   * @throws {AppError} BAD_USER_INPUT for the name, INVALID_TOKEN/CHALLENGE_EXPIRED for the challenge, BAD_REQUEST if the response is
   * not valid for it, CONFLICT if the passkey is already registered or the viewer has the maximum
   */
  async finishRegistration(viewer: Viewer, client: ClientInfo, answer: RegistrationAnswer): Promise<Passkey> {
    const { challenges, clock, factorChanges, ids } = this.deps;
    const relyingParty = requireRelyingParty(this.deps.relyingParty);
    const name = readName(answer.name?.trim() || defaultPasskeyName(client.device.label), "input.name");
    const spendable = this.#readChallenge(viewer, answer.challenge);
    const { transports, ...credential } = await this.#verify(answer, relyingParty);

    const made = await factorChanges.apply({ viewer, client }, async (tx, user, before) => {
      if (!(await challenges.consume(tx, spendable))) throw invalidChallenge();
      // Counted behind the lock on the user's row.
      if (before.passkeys >= MAX_PASSKEYS) throw tooMany();
      const passkey = await insertPasskey(tx, {
        ...credential,
        ...ownedBy(user),
        id: ids.next<PasskeyId>(),
        name,
        createdBySession: viewer.sessionId,
        transports: [...transports],
        createdAt: clock.now(),
        lastUsedAt: null,
        useCount: 0,
      });
      return passkey && { change: { kind: "PASSKEY_ADDED", passkeyId: passkey.id }, result: passkey };
    });
    if (!made) throw new AppError("CONFLICT", { message: "This passkey is already registered." });
    return made.result;
  }

  /**
   * The id of the challenge of a registration that this session started.
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED; REAUTHENTICATION_REQUIRED if the elevations of the session were
   * revoked since the start
   */
  #readChallenge({ sessionId, elevationEpoch }: Viewer, challenge: string): string {
    for (let epoch = elevationEpoch; epoch >= 0; epoch--) {
      const id = this.deps.challenges.read(challenge, { kind: "REGISTRATION", sessionId, epoch });
      if (id !== null && epoch < elevationEpoch) throw new AppError("REAUTHENTICATION_REQUIRED");
      if (id !== null) return id;
    }
    throw invalidChallenge();
  }

  async #verify(
    { challenge, response }: RegistrationAnswer,
    relyingParty: RelyingParty,
  ): Promise<NewCredential & { readonly transports: readonly string[] }> {
    const registration = parseRegistration(response);
    if (!registration)
      throw new AppError("BAD_REQUEST", { message: "The response is not the result of `credential.toJSON()`." });
    try {
      const credential = await verifyRegistration({ response: registration, challenge, relyingParty });
      return { ...credential, transports: registration.response.transports };
    } catch (cause) {
      // Only the operator learns the reason: the usual cause is a setting that does not match the page.
      this.deps.log.info({ reason: cause instanceof Error ? cause.message : cause }, "A passkey was refused.");
      throw new AppError("BAD_REQUEST", { message: "The passkey could not be verified. Try again.", cause });
    }
  }

  /** Renames a passkey of the viewer. @throws {AppError} BAD_USER_INPUT, NOT_FOUND */
  async rename(viewer: Viewer, id: string, newName: string): Promise<Passkey> {
    const name = readName(newName, "input.name");
    const passkeyId = parseId<PasskeyId>(id);
    const renamed =
      passkeyId && (await updatePasskeyName(this.deps.db, { id: passkeyId, userId: viewer.userId }, name));
    if (!renamed) throw new AppError("NOT_FOUND");
    return renamed;
  }

  /** Removes a passkey of the viewer, and what depends on it. @throws {AppError} NOT_FOUND, BAD_REQUEST/LAST_LOGIN_METHOD */
  async remove(viewer: Viewer, client: ClientInfo, id: string): Promise<PasskeyId> {
    const passkeyId = parseId<PasskeyId>(id);
    const removed =
      passkeyId &&
      (await this.deps.factorChanges.apply({ viewer, client }, async (tx, user, before) => {
        const count = await deletePasskey(tx, { id: passkeyId, userId: user.id });
        if (count === 0) return null;
        if (before.passkeys === count && !(await this.#hasOtherWayIn(tx, user.id))) throw lastLoginMethod();
        return { change: { kind: "PASSKEY_REMOVED", passkeyId }, result: passkeyId };
      }));
    if (!removed) throw new AppError("NOT_FOUND");
    return removed.result;
  }

  /** Whether the user can log in without a passkey. Requires the lock on the user's row. */
  async #hasOtherWayIn(tx: Db, userId: UserId): Promise<boolean> {
    return (
      (await findPassword(tx, userId)) !== null ||
      (await this.deps.hooks.raise(tx, loginMethodRequested, { userId })).includes(true)
    );
  }

  /** For DataLoader: the passkeys of users, the oldest first. */
  readonly ofUsers = async (userIds: readonly UserId[]): Promise<Passkey[][]> => {
    const passkeys = await listPasskeysOfUsers(this.deps.db, userIds);
    return userIds.map((userId) => passkeys.filter((passkey) => passkey.userId === userId));
  };

  /** The passkey with this id if the viewer may see it; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<Passkey | null> {
    const passkeyId = parseId<PasskeyId>(id);
    const passkey = passkeyId && (await findPasskeyInScope(this.deps.db, lookupScope(viewer), passkeyId));
    return passkey && canView(viewer, passkey, "users:read") ? passkey : null;
  }

  /** Deletes used challenges that have expired anyway. */
  async sweep(): Promise<void> {
    await this.deps.challenges.sweep(this.deps.db);
  }
}

const ownedBy = ({ id, tenantId }: User) => ({ userId: id, tenantId });

const readName = (name: string, path: string): string => {
  const faults = validatePasskeyName(name, path);
  if (faults.length > 0) throw badInput(...faults);
  return cleanName(name);
};

const tooMany = () =>
  new AppError("CONFLICT", { message: `You already have ${MAX_PASSKEYS} passkeys. Delete one first.` });

const lastLoginMethod = () =>
  new AppError("BAD_REQUEST", {
    reason: "LAST_LOGIN_METHOD",
    message: "This passkey is the only way to log in. Set a password or add another passkey first.",
  });

const invalidChallenge = () =>
  new AppError("INVALID_TOKEN", {
    reason: "CHALLENGE_EXPIRED",
    message: "This challenge is unknown, used or expired. Start again.",
  });
