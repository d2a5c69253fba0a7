import type { TokenDelivery } from "#features/challenges/index";
import type { DevicesService, ResolvedDevice } from "#features/devices/index";
import type { HomeStatus } from "#features/memberships/index";
import type { TokenTransport } from "#features/sessions/index";
import type { UserStatus } from "#features/users/index";
import type { ErrorReason } from "#shared/errors";
import type { DeviceId } from "#shared/ids";

export const LOGIN_OUTCOMES = ["SUCCESS", "FAILED", "CHALLENGED", "LOCKED", "DENIED"] as const;
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number];

interface AccountState {
  readonly status: UserStatus;
  readonly emailVerified: boolean;
  readonly passwordResetRequired: boolean;
}

/** Why an account may not log in although its factors are valid. */
export type AccountBlockReason = Extract<
  ErrorReason,
  "ACCOUNT_SUSPENDED" | "EMAIL_NOT_VERIFIED" | "NOT_A_MEMBER" | "PASSWORD_RESET_REQUIRED" | "TENANT_SUSPENDED"
>;

/** Why an account may not log in although the password is right, or null. The first reason that applies is returned. */
export const accountBlockReason = (
  { status, emailVerified, passwordResetRequired }: AccountState,
  homeStatus: HomeStatus,
): AccountBlockReason | null => {
  if (!emailVerified) return "EMAIL_NOT_VERIFIED";
  switch (status) {
    case "PENDING_VERIFICATION":
    case "PENDING_APPROVAL":
    case "INVITED":
      return "EMAIL_NOT_VERIFIED";
    case "SUSPENDED":
      return "ACCOUNT_SUSPENDED";
    case "ACTIVE":
      if (homeStatus !== "ACTIVE") return homeStatus;
      return passwordResetRequired ? "PASSWORD_RESET_REQUIRED" : null;
  }
};

/** The device token of a client, and how the client wants to receive the tokens. */
export interface TokenDeliveryRequest {
  readonly deviceToken: string | null;
  readonly deviceTokenInCookie: boolean;
  readonly transport: TokenTransport;
}

/** A known device's token that came in a cookie is returned in a cookie, so that scripts never see it. */
const tokenDeliveryOf = (
  { transport, deviceTokenInCookie }: TokenDeliveryRequest,
  device: { readonly known: boolean },
): TokenDelivery => ({ transport, deviceInCookie: transport === "COOKIE" || (deviceTokenInCookie && device.known) });

/** Recognises the device of a login by its token, and decides how the tokens are delivered. */
export const resolveLoginDevice = (
  devices: Pick<DevicesService, "resolveDevice">,
  request: TokenDeliveryRequest,
  knownId: DeviceId | null,
): { readonly device: ResolvedDevice; readonly delivery: TokenDelivery } => {
  const device = devices.resolveDevice(request.deviceToken, knownId);
  return { device, delivery: tokenDeliveryOf(request, device) };
};
