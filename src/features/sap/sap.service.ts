import { setTimeout as delay } from "node:timers/promises";
import type { AuditLog } from "#features/audit/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import type { KeyRing, Reencryption } from "#platform/secrets";
import { alignByKey } from "#shared/align-by-key";
import type { ClientInfo } from "#shared/client-info";
import { after, HOUR } from "#shared/durations";
import { AppError, badInput } from "#shared/errors";
import type { TenantId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { type SapConnectionDetails, type SapProfile, validateSapConnection } from "./sap.policy.ts";
import {
  findSapConnection,
  insertSapConnection,
  listDueSapConnections,
  listSapConnections,
  listSapConnectionsOf,
  type SapConnection,
  type SapConnectionRow,
  updateSapConnection,
} from "./sap-connections.repository.ts";
import { contextOf, openDetails, sealCredentials } from "./sap-credentials.ts";
import { withoutDetail } from "./sap-failures.ts";
import type { SapGateway } from "./sap-gateway.ts";

export interface SapServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly keyRing: Pick<KeyRing, "encrypt" | "decrypt" | "reencrypt">;
  readonly gateway: Pick<SapGateway, "listServices">;
  readonly tenants: Pick<TenantsService, "get">;
  readonly events: Pick<AuditLog, "record">;
  readonly log: Logger;
  /** Duration of an SAP_UNREACHABLE response for any cause, in milliseconds. */
  readonly unreachableTime: number;
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** The maximum age of a profile for the daily job. Newer ones are skipped until the next day. */
const FRESH_FOR_MS = 12 * HOUR;

/** How many systems are checked concurrently, so that a slow one does not delay all others. */
const CHECKED_AT_ONCE = 10;

/** How many rows are read at a time when all are processed. */
const BATCH = 500;

/** Tenants' SAP systems: their connections and services. */
export class SapService {
  constructor(private readonly deps: SapServiceDeps) {}

  /**
   * Calls SAP with these details and returns its services. Takes up to ten seconds, so never call it inside a transaction.
   * @throws {AppError} BAD_USER_INPUT, BAD_REQUEST/SAP_ADDRESS_REFUSED, UPSTREAM_FAILED/SAP_UNREACHABLE, …/SAP_UNAUTHORIZED
   */
  async check(details: SapConnectionDetails, path = "input"): Promise<SapProfile> {
    const faults = validateSapConnection(details, path);
    if (faults.length > 0) throw badInput(...faults);
    const began = performance.now();
    const services = await this.deps.gateway.listServices(details).catch(async (error: unknown) => {
      if (isUnreachable(error)) await this.#waitOut(began);
      throw error;
    });
    return { services, checkedAt: this.deps.clock.now() };
  }

  /** Waits until the fixed duration for unreachable addresses has passed, so that timing does not reveal internal host names. */
  async #waitOut(began: number): Promise<void> {
    const { unreachableTime, wait = delay } = this.deps;
    await wait(Math.max(0, unreachableTime - (performance.now() - began)));
  }

  /** As `check`, for a visitor who is not signed in: the error contains no details. */
  async checkForVisitor(details: SapConnectionDetails, path: string): Promise<SapProfile> {
    return this.check(details, path).catch((error: unknown) => {
      throw withoutDetail(error);
    });
  }

  /** Stores the checked details as the tenant's connection, with encrypted credentials. */
  async store(
    tx: Db,
    tenantId: TenantId,
    details: SapConnectionDetails,
    { services, checkedAt }: SapProfile,
  ): Promise<void> {
    await insertSapConnection(tx, {
      tenantId,
      baseUrl: details.baseUrl.href,
      credentials: sealCredentials(this.deps.keyRing, tenantId, details),
      reachable: true,
      checkedAt,
      services: [...services],
    });
  }

  /** Checks these details and stores them as the connection of the viewer's tenant. If the check fails, nothing changes. */
  async update(viewer: Viewer, client: ClientInfo, details: SapConnectionDetails): Promise<Tenant> {
    const { db, events, tenants } = this.deps;
    const { tenantId, userId } = viewer;
    const profile = await this.check(details);
    await db.transaction(async (tx) => {
      await this.store(tx, tenantId, details, profile);
      await events.record(tx, {
        type: "SAP_CONNECTION_CHANGED",
        tenantId,
        userId,
        client,
        details: { host: details.baseUrl.host, services: profile.services.length },
      });
    });
    return tenants.get(tenantId);
  }

  /** For DataLoader. */
  readonly byTenants = async (tenantIds: readonly TenantId[]): Promise<(SapConnection | null)[]> =>
    alignByKey(tenantIds, await listSapConnectionsOf(this.deps.db, tenantIds), (connection) => connection.tenantId);

  /**
   * Checks all systems of active tenants again, except those checked recently. A system that fails is marked unreachable, keeps
   * its known services, and does not delay the others.
   */
  async refresh(): Promise<void> {
    const { clock, db } = this.deps;
    const due = after(clock.now(), -FRESH_FOR_MS);
    let batch: readonly SapConnectionRow[];
    do {
      // All of this batch are checked before the next is read, so that none is read twice.
      batch = await listDueSapConnections(db, due, CHECKED_AT_ONCE);
      await Promise.all(batch.map((connection) => this.#refresh(connection)));
    } while (batch.length > 0);
  }

  /** Re-encrypts all credentials with the newest key of the ring. Safe while admins change them. */
  async reencrypt(): Promise<Reencryption> {
    const outcomes = { RENEWED: 0, CURRENT: 0, UNREADABLE: 0 };
    let batch: readonly SapConnectionRow[] = [];
    do {
      batch = await listSapConnections(this.deps.db, { after: batch.at(-1)?.tenantId ?? null, limit: BATCH });
      for (const row of batch) outcomes[await this.#reencrypt(row)] += 1;
    } while (batch.length === BATCH);
    return { renewed: outcomes.RENEWED, unreadable: outcomes.UNREADABLE };
  }

  async #refresh(connection: SapConnectionRow): Promise<void> {
    const { db, clock, log } = this.deps;
    const { tenantId } = connection;
    const outcome = await this.#ask(connection).catch((error: unknown) => {
      log.warn({ err: error, tenantId }, "a tenant's SAP system could not be reached");
      return { reachable: false };
    });
    // Not if an admin has replaced it concurrently, because the new one has just been checked.
    await updateSapConnection(db, connection, { ...outcome, checkedAt: clock.now() });
  }

  async #ask(connection: SapConnectionRow): Promise<Pick<SapConnectionRow, "reachable" | "services">> {
    const { gateway, keyRing } = this.deps;
    return { reachable: true, services: await gateway.listServices(openDetails(keyRing, connection)) };
  }

  async #reencrypt(read: SapConnectionRow): Promise<"RENEWED" | "CURRENT" | "UNREADABLE"> {
    const { db, keyRing } = this.deps;
    // A connection that was changed since it was read may still use an older key.
    for (let row: SapConnectionRow | null = read; row !== null; row = await findSapConnection(db, read.tenantId)) {
      const { credentials: current } = row;
      const credentials = renewed(() => keyRing.reencrypt(current, contextOf(read.tenantId)));
      if (credentials === undefined) return "UNREADABLE";
      if (credentials === null) return "CURRENT";
      if (await updateSapConnection(db, row, { credentials })) return "RENEWED";
    }
    return "CURRENT";
  }
}

const isUnreachable = (error: unknown): boolean => error instanceof AppError && error.reason === "SAP_UNREACHABLE";

/** Returns undefined if no key decrypts it. */
const renewed = (reencrypt: () => string | null): string | null | undefined => {
  try {
    return reencrypt();
  } catch {
    return undefined;
  }
};
