import type { AddressLinks, LinksService } from "#features/links/index";
import type { IssuedLogin, LoginRisk, MailedLinkLogins } from "#features/login/index";
import type { PasswordsService } from "#features/passwords/index";
import type { EarlierUsers, UserCreation } from "#features/registration/index";
import type { TokenTransport } from "#features/sessions/index";
import type { TenantsService } from "#features/tenants/index";
import { findUserByEmail, findUserById, isUnverified, type Usernames } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Ids } from "#platform/ids";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { LinkId, UserId } from "#shared/ids";
import type { InvitationActivation } from "./invitation-activation.ts";
import { statusOf } from "./invitations.policy.ts";
import { findInvitationById, type InvitationRow } from "./invitations.repository.ts";
import { INVITATION_LINK } from "./link-purposes.ts";

export interface Acceptance {
  readonly token: string;
  readonly password: string;
  readonly username?: string | null | undefined;
  readonly transport: TokenTransport;
}

export interface InvitationAcceptanceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tenants: Pick<TenantsService, "get">;
  readonly links: Pick<LinksService, "find">;
  readonly addressLinks: Pick<AddressLinks, "find" | "consume">;
  readonly passwords: Pick<PasswordsService, "hashNew">;
  readonly usernames: Pick<Usernames, "requireFree">;
  readonly creation: UserCreation;
  readonly earlierUsers: Pick<EarlierUsers, "convertUser">;
  readonly entry: InvitationActivation;
  readonly risk: LoginRisk;
  readonly mailedLinks: Pick<MailedLinkLogins, "logIn">;
}

/** Creates users from invitations, with the mailed link. */
export class InvitationAcceptance {
  constructor(private readonly deps: InvitationAcceptanceDeps) {}

  /**
   * Creates the user with this password and logs them in, in one transaction. No code or confirmation is required, whatever the
   * risk and the tenant's policy: both would be sent by mail, and the holder of the link has just read that mail.
   * @throws {AppError} INVALID_TOKEN, also if the invitation is void or the address has a user; BAD_USER_INPUT,
   * CONFLICT/USERNAME_TAKEN, RATE_LIMITED, BAD_REQUEST/WEAK_PASSWORD
   */
  async accept({ token, password, username = null, transport }: Acceptance, client: ClientInfo): Promise<IssuedLogin> {
    const { addressLinks, creation, db, entry, ids, mailedLinks, passwords, risk, tenants, usernames } = this.deps;
    const { link, invitation } = await this.#find(token);
    const holder = await findUserByEmail(db, invitation.emailCanonical);
    if (holder !== null && !isUnverified(holder)) throw addressHasUser();
    const tenant = await tenants.get(invitation.tenantId);
    if (username !== null) await usernames.requireFree(client, username, "input.username");
    const { email, name, locale, roles } = invitation;
    const passwordHash = await passwords.hashNew(
      password,
      { email, username, name, tenantName: tenant.name },
      tenant.passwordMinLength,
      "input.password",
    );

    const person = { id: ids.next<UserId>(), tenantId: tenant.id, email, name, locale, roles };
    const assessed = await risk.assess(null, client, false);
    const admit = async (tx: Db): Promise<boolean> => {
      if (!(await entry.lock(tx, invitation))) return false;
      const user = await creation.create(tx, {
        person,
        passwordHash,
        username: { wanted: username, optional: false },
        client,
        grantedBy: invitation.invitedBy,
        details: { invitedBy: invitation.invitedBy },
        // The link first, because consuming the invitation deletes its links.
        consumeProof: async (proving) =>
          (await addressLinks.consume(proving, link)) && entry.consume(proving, invitation),
      });
      if (user !== null) await entry.giveRoles(tx, user, invitation);
      return user !== null;
    };
    return mailedLinks.logIn({ user: creation.draft(person), tenant, client, risk: assessed, transport, admit });
  }

  async #find(token: string): Promise<{ readonly link: { readonly id: LinkId }; readonly invitation: InvitationRow }> {
    const { addressLinks, clock, db, earlierUsers, links } = this.deps;
    let link = await addressLinks.find(db, INVITATION_LINK, token);
    if (link === null) {
      const earlier = await links.find(db, INVITATION_LINK, token);
      const user = earlier && (await findUserById(db, earlier.userId));
      if (user && isUnverified(user)) {
        await earlierUsers.convertUser(user.id);
        link = await addressLinks.find(db, INVITATION_LINK, token);
      }
    }
    const invitation = link?.invitationId ? await findInvitationById(db, link.invitationId) : null;
    if (
      !link ||
      !invitation ||
      statusOf(invitation, clock.now()) !== "PENDING" ||
      !(await this.deps.entry.hasInviter(db, invitation))
    )
      throw new AppError("INVALID_TOKEN");
    return { link, invitation };
  }
}

/** May be disclosed, because the holder of the link reads the mail of the address. */
const addressHasUser = (): AppError =>
  new AppError("INVALID_TOKEN", {
    message: "This address has an account already. Log in to it and accept the invitation there.",
  });
