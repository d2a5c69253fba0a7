import type { Db } from "../../platform/database/database.ts";
import { violatedUniqueConstraint } from "../../platform/database/errors.ts";
import type { Client } from "../../shared/client.ts";
import { AppError, badInput } from "../../shared/errors.ts";
import type { UserId } from "../../shared/ids.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { DevicesService } from "../devices/index.ts";
import { ENTRY_PURPOSES, type LinksService } from "../links/index.ts";
import { deliveryOf, type LoginCompletion, type LoginGrant, type LoginRisk } from "../login/index.ts";
import type { PasswordsService } from "../passwords/index.ts";
import type { TokenTransport } from "../sessions/index.ts";
import type { TenantsService } from "../tenants/index.ts";
import {
  canonicalUsername,
  findUserById,
  findUserByUsername,
  findUserForUpdate,
  usernameFaults,
} from "../users/index.ts";
import { asInvited, enterAsInvited } from "./invitation-entry.ts";

export interface Acceptance {
  readonly token: string;
  readonly password: string;
  readonly username?: string | null | undefined;
  readonly transport: TokenTransport;
}

export interface InvitationAcceptanceDeps {
  readonly db: Db;
  readonly tenants: Pick<TenantsService, "get">;
  readonly links: Pick<LinksService, "find" | "consume" | "revoke">;
  readonly passwords: Pick<PasswordsService, "hashNew" | "storePassword">;
  readonly devices: Pick<DevicesService, "recognised">;
  readonly risk: LoginRisk;
  readonly completion: Pick<LoginCompletion, "complete">;
  readonly events: Pick<SecurityLog, "record">;
}

/** How whoever was invited gets in, by the link of the mail. */
export class InvitationAcceptance {
  readonly #deps: InvitationAcceptanceDeps;

  constructor(deps: InvitationAcceptanceDeps) {
    this.#deps = deps;
  }

  /**
   * Sets the password, proves the address and logs in, in one transaction. No code and no confirmation follows, whatever the
   * risk is and the tenant asks for: both would go by mail, and whoever holds the link has just read that mail.
   * Throws INVALID_TOKEN, BAD_USER_INPUT, CONFLICT/USERNAME_TAKEN, BAD_REQUEST/WEAK_PASSWORD.
   */
  async accept({ token, password, username = null, transport }: Acceptance, client: Client): Promise<LoginGrant> {
    const { completion, db, devices, links, passwords, risk, tenants } = this.#deps;
    const link = await links.find(db, "invitation", token);
    const holder = link && (await findUserById(db, link.userId));
    const user = holder && asInvited(holder, link);
    if (!user) throw new AppError("INVALID_TOKEN");
    const tenant = await tenants.get(user.tenantId);
    if (username !== null) await this.#requireFree(username);
    const owner = { email: user.email, username, name: user.name };
    const hash = await passwords.hashNew(password, owner, tenant.passwordMinLength, "input.password");

    // Whoever was invited has no device yet; and the token of somebody else's is never taken over.
    const device = devices.recognised(null, null);
    const login = {
      user,
      identifier: user.emailCanonical,
      client,
      device,
      methods: ["PASSWORD"],
      trustDevice: false,
      confirmed: false,
      risk: await risk.assess(user, client, device.known),
      mfaEnabled: false,
      delivery: deliveryOf({ transport, deviceToken: null, deviceTokenInCookie: false }, device),
      sessionsFull: false,
    } as const;
    const enter = (tx: Db) => this.#enter(tx, user.id, { token, hash, username }, client);
    const finished = await completion
      .complete(login, async () => null, enter)
      .catch((error: unknown) => {
        // Of two who want one name at the same moment, the constraint lets one have it; the link is as good as before.
        throw violatedUniqueConstraint(error) === "users_username_unique" ? usernameTaken() : error;
      });
    if (finished === "SPENT" || finished === "OUTDATED") throw new AppError("INVALID_TOKEN");
    return finished;
  }

  async #requireFree(username: string): Promise<void> {
    const faults = usernameFaults(username, "input.username");
    if (faults.length > 0) throw badInput(...faults);
    if (await findUserByUsername(this.#deps.db, canonicalUsername(username))) throw usernameTaken();
  }

  /**
   * Makes whoever was invited an active user, as this very link has it: where the user waited for something else meanwhile, in
   * another tenant perhaps, that is over. Nobody can have had a session of the user before, so no cache knows
   * better.
   */
  async #enter(
    tx: Db,
    id: UserId,
    { token, hash, username }: { readonly token: string; readonly hash: string; readonly username: string | null },
    client: Client,
  ): Promise<"SPENT" | null> {
    const { events, links, passwords } = this.#deps;
    const holder = await findUserForUpdate(tx, id);
    const link = holder && (await links.consume(tx, "invitation", token));
    const chosen = username === null ? {} : { username, usernameCanonical: canonicalUsername(username) };
    const user = link && (await enterAsInvited(tx, events, holder, link, client, chosen));
    if (!user) return "SPENT";
    await passwords.storePassword(tx, user, hash);
    await links.revoke(tx, id, ENTRY_PURPOSES);
    return null;
  }
}

const usernameTaken = (): AppError =>
  new AppError("CONFLICT", { reason: "USERNAME_TAKEN", message: "This username is taken." });
