import type { AuditLog } from "#features/audit/index";
import type { LinkRow, LinksService } from "#features/links/index";
import {
  accountBlockReason,
  type IssuedLogin,
  type LoginFlow,
  type LoginRisk,
  type MailedLinkLogins,
} from "#features/login/index";
import { findHomeStatus } from "#features/memberships/index";
import type { PasswordsService } from "#features/passwords/index";
import { type UserCreation, VERIFY_EMAIL_LINK } from "#features/registration/index";
import type { TenantsService } from "#features/tenants/index";
import {
  canonicalUsername,
  findUserById,
  findUserForUpdate,
  type User,
  type Usernames,
  updateUser,
  validateName,
  validateUsername,
} from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import { cleanNameOrNull } from "#shared/names";
import type { Verification } from "./verification.ts";

export interface ImportedUserVerificationDeps {
  readonly db: Db;
  readonly tenants: Pick<TenantsService, "get">;
  readonly links: Pick<LinksService, "consume" | "revoke">;
  readonly passwords: Pick<PasswordsService, "hashNew" | "storePassword">;
  readonly usernames: Pick<Usernames, "requireFree">;
  readonly creation: Pick<UserCreation, "closeAddress">;
  readonly risk: LoginRisk;
  readonly flow: Pick<LoginFlow, "refuse">;
  readonly mailedLinks: Pick<MailedLinkLogins, "logIn">;
  readonly events: Pick<AuditLog, "record">;
}

/** Lets users imported from another system, whose address was never verified there, verify it before their first login. */
export class ImportedUserVerification {
  constructor(private readonly deps: ImportedUserVerificationDeps) {}

  /**
   * Verifies the address and logs the user in. The password of the other system was set by a person who had not verified the
   * address, so it is replaced by a new one.
   * @throws {AppError} as `EmailVerification.verify`; FORBIDDEN with the reason that prevents the login
   */
  async verify(link: LinkRow, request: Verification, client: ClientInfo): Promise<IssuedLogin> {
    const { db, flow, mailedLinks, passwords, risk, tenants, usernames } = this.deps;
    const { password, token, transport } = request;
    const user = await findUserById(db, link.userId);
    if (user === null || user.emailVerified) throw new AppError("INVALID_TOKEN");
    const [tenant, homeStatus] = [await tenants.get(user.tenantId), await findHomeStatus(db, user.id)];
    const assessed = await risk.assess(user, client, false);
    const blockReason = accountBlockReason({ ...user, emailVerified: true, passwordResetRequired: false }, homeStatus);
    const about = { identifier: user.emailCanonical, user, client, risk: assessed };
    // The link is not consumed, so that it works when the obstacle is gone.
    if (blockReason) return flow.refuse({ ...about, factors: [] }, blockReason);
    if (password === null)
      throw new AppError("BAD_REQUEST", {
        reason: "PASSWORD_REQUIRED",
        message: "Choose a password for your account.",
      });
    const faults = [
      ...(request.name === null ? [] : validateName(request.name, "input.name")),
      ...(request.username === null ? [] : validateUsername(request.username, "input.username")),
    ];
    if (faults.length > 0) throw badInput(...faults);
    if (request.username !== null) await usernames.requireFree(client, request.username, "input.username", user.id);
    const changes = {
      ...(request.name !== null && { name: cleanNameOrNull(request.name) }),
      ...(request.username !== null && {
        username: request.username,
        usernameCanonical: canonicalUsername(request.username),
      }),
    };
    const owner = { ...user, ...changes };
    const hash = await passwords.hashNew(
      password,
      { ...owner, tenantName: tenant.name },
      tenant.passwordMinLength,
      "input.password",
    );

    const admit = (tx: Db) => this.#activate(tx, user, { token, hash, changes }, client);
    const login = { user: { ...owner, emailVerified: true }, tenant, client, risk: assessed, transport, admit };
    return mailedLinks.logIn(login);
  }

  async #activate(
    tx: Db,
    { id, emailCanonical }: User,
    { token, hash, changes }: { readonly token: string; readonly hash: string; readonly changes: object },
    client: ClientInfo,
  ): Promise<boolean> {
    const { creation, events, links, passwords } = this.deps;
    const user = await findUserForUpdate(tx, id);
    if (user === null || user.emailVerified || user.emailCanonical !== emailCanonical) return false;
    if ((await links.consume(tx, VERIFY_EMAIL_LINK, token)) === null) return false;
    await updateUser(tx, id, { ...changes, emailVerified: true, passwordResetRequired: false });
    await passwords.storePassword(tx, user, hash);
    await links.revoke(tx, id, [VERIFY_EMAIL_LINK]);
    await creation.closeAddress(tx, emailCanonical);
    await events.record(tx, { type: "EMAIL_VERIFIED", tenantId: user.tenantId, userId: id, client });
    return true;
  }
}
