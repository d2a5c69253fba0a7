import { AppError } from "./errors.ts";

type Branded<Name extends string> = string & { readonly __brand: Name };

export type TenantId = Branded<"TenantId">;
export type UserId = Branded<"UserId">;
export type MembershipId = Branded<"MembershipId">;
export type RoleId = Branded<"RoleId">;
export type SessionId = Branded<"SessionId">;
export type DeviceId = Branded<"DeviceId">;
export type LinkId = Branded<"LinkId">;
export type ChallengeId = Branded<"ChallengeId">;
export type SuspendedChangeId = Branded<"SuspendedChangeId">;
export type FactorResetId = Branded<"FactorResetId">;
export type RegistrationId = Branded<"RegistrationId">;
export type InvitationId = Branded<"InvitationId">;
export type PasskeyId = Branded<"PasskeyId">;
export type SocialAccountId = Branded<"SocialAccountId">;
export type AddressProofId = Branded<"AddressProofId">;
export type SocialLoginId = Branded<"SocialLoginId">;
export type SecurityEventId = Branded<"SecurityEventId">;
export type LoginAttemptId = Branded<"LoginAttemptId">;
export type ExportId = Branded<"ExportId">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether `value` has the form of a UUID (RFC 9562), in either case. */
export const isUuid = (value: string): boolean => UUID.test(value);

/** The 16 bytes of a UUID, for tokens and cursors. */
export const bytesOfUuid = (id: string): Buffer => Buffer.from(id.replaceAll("-", ""), "hex");

/** The UUID with these 16 bytes; other lengths do not result in a UUID. */
export const uuidOfBytes = (bytes: Buffer): string =>
  bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

/**
 * Brands an id that came from a client.
 *
 * @returns null if it is not a UUID, because then nothing has this id
 */
export const parseId = <Id extends Branded<string>>(value: string): Id | null =>
  isUuid(value) ? (value.toLowerCase() as Id) : null;

/**
 * Brands an id that came from a client.
 *
 * @throws {AppError} NOT_FOUND if it is not a UUID
 */
export const requireId = <Id extends Branded<string>>(value: string): Id => {
  const id = parseId<Id>(value);
  if (id === null) throw new AppError("NOT_FOUND");
  return id;
};
