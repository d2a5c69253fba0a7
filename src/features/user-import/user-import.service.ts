import { normalizeRoles } from "#features/administration/index";
import type { AuditLog } from "#features/audit/index";
import type { PasswordSchemes } from "#features/passwords/index";
import type { Tenant, TenantsService } from "#features/tenants/index";
import { canonicalEmail, canonicalUsername, insertRoleGrants, type NewUser } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { dataFaultOf } from "#platform/database/errors";
import type { Ids } from "#platform/ids";
import type { PasswordHasher } from "#platform/password-hashing/index";
import type { UserId } from "#shared/ids";
import { cleanNameOrNull } from "#shared/names";
import { type ImportedUser, lineSchema, parseLine } from "./import-line.ts";
import { userImported } from "./user-import.events.ts";
import { insertPasswords, insertUsers, listTakenIdentifiers } from "./user-import.repository.ts";

/** Users per transaction: large enough to amortize round trips, small enough to hold locks only briefly. */
const BATCH_SIZE = 500;

/** Maximum duration of verifying an imported hash. */
const SLOWEST_HASH_MS = 2_000;

export interface UserImportDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly hasher: Pick<PasswordHasher, "accepts" | "schemeOf" | "costMs">;
  readonly schemes: Pick<PasswordSchemes, "note">;
  readonly tenants: Pick<TenantsService, "findBySlug">;
  readonly events: Pick<AuditLog, "record">;
}

/** A refused line and the reasons; never contains its values. */
export interface RefusedLine {
  readonly line: number;
  readonly faults: readonly string[];
}

export interface ImportOptions {
  /** If true, checks everything and writes nothing. */
  readonly dryRun?: boolean;
  readonly onRefused?: (refusal: RefusedLine) => void;
}

export interface ImportCounts {
  imported: number;
  /** Lines whose address already has a user. */
  skipped: number;
  refused: number;
}

/** A line that is valid by itself. */
interface ImportCandidate {
  readonly line: number;
  readonly user: ImportedUser;
  readonly tenant: Tenant;
  readonly email: string;
  /** The desired username, in its canonical form. */
  readonly username: string | null;
}

/** Imports the users of another system with their password hashes; the next login of each user replaces a foreign hash. */
export class UserImportService {
  constructor(private readonly deps: UserImportDeps) {}

  /**
   * Imports one user per line (NDJSON), as a stream. Known addresses are left unchanged, so a file can be imported again after its
   * faults are fixed or an import was interrupted. Users whose address was not verified by the other system verify it before their
   * first login, and set a password then.
   */
  async import(lines: AsyncIterable<string>, options: ImportOptions = {}): Promise<ImportCounts> {
    const run = new ImportRun(this.deps, options);
    await run.add(lines);
    return run.counts;
  }
}

/** The import of one file. */
class ImportRun {
  readonly counts: ImportCounts = { imported: 0, skipped: 0, refused: 0 };
  readonly #deps: UserImportDeps;
  readonly #options: ImportOptions;
  readonly #schema: ReturnType<typeof lineSchema>;
  readonly #tenants = new Map<string, Promise<Tenant | null>>();
  /** Taken canonical addresses and usernames (a username has no @). Kept across the batches of a dry run, which inserts none. */
  readonly #taken = new Set<string>();

  constructor(deps: UserImportDeps, options: ImportOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#schema = lineSchema({ now: deps.clock.now(), acceptsHash: (hash) => deps.hasher.accepts(hash) });
  }

  async add(lines: AsyncIterable<string>): Promise<void> {
    let batch: ImportCandidate[] = [];
    let line = 0;
    for await (const text of lines) {
      line += 1;
      const candidate = await this.#read(line, line === 1 ? text.replace(/^\uFEFF/, "") : text);
      if (candidate && batch.push(candidate) === BATCH_SIZE) {
        await this.#insertBatch(batch);
        batch = [];
      }
    }
    await this.#insertBatch(batch);
  }

  async #read(line: number, text: string): Promise<ImportCandidate | null> {
    if (text.trim() === "") return null;
    const parsed = parseLine(text, this.#schema);
    if ("faults" in parsed) return this.#refuse(line, ...parsed.faults);
    const { user } = parsed;
    if (user.passwordHash && (await this.#isSlow(user.passwordHash)))
      return this.#refuse(line, "passwordHash: verifying it takes longer than 2 seconds on this machine");
    const tenant = await this.#findTenant(user.tenant);
    if (tenant === null) return this.#refuse(line, "tenant: unknown tenant");
    const username = user.username ? canonicalUsername(user.username) : null;
    return { line, user, tenant, email: canonicalEmail(user.email), username };
  }

  /** A slow hash would slow down every refused login, because all of them take the same time. */
  async #isSlow(hash: string): Promise<boolean> {
    const scheme = this.#deps.hasher.schemeOf(hash);
    return scheme !== null && (await this.#deps.hasher.costMs(scheme)) > SLOWEST_HASH_MS;
  }

  #findTenant(slug: string): Promise<Tenant | null> {
    const known = this.#tenants.get(slug) ?? this.#deps.tenants.findBySlug(slug);
    this.#tenants.set(slug, known);
    return known;
  }

  /** Skips existing users, refuses taken usernames, and inserts the rest. */
  async #insertBatch(batch: readonly ImportCandidate[]): Promise<void> {
    if (batch.length === 0) return;
    const candidates = await this.#admit(batch);
    if (this.#options.dryRun) {
      this.counts.imported += candidates.length;
      return;
    }
    const lost = candidates.length > 0 ? await this.#insertOrRefuse(candidates) : [];
    this.counts.imported += candidates.length - lost.length;
    // Taken by a concurrent registration; the second pass finds out what is taken.
    await this.#insertBatch(lost);
  }

  async #admit(batch: readonly ImportCandidate[]): Promise<ImportCandidate[]> {
    const emails = batch.map(({ email }) => email);
    const usernames = batch.flatMap(({ username }) => username ?? []);
    if (!this.#options.dryRun) this.#taken.clear();
    for (const name of await listTakenIdentifiers(this.#deps.db, emails, usernames)) this.#taken.add(name);
    return batch.filter((candidate) => this.#claim(candidate));
  }

  #claim({ line, email, username }: ImportCandidate): boolean {
    if (this.#taken.has(email)) {
      this.counts.skipped += 1;
      return false;
    }
    if (username !== null && this.#taken.has(username)) {
      this.#refuse(line, "username: taken by another user");
      return false;
    }
    this.#taken.add(email);
    if (username !== null) this.#taken.add(username);
    return true;
  }

  /** As `#insert`. A line rejected by the database is found by bisection and refused, and the others are inserted. */
  async #insertOrRefuse(candidates: readonly ImportCandidate[]): Promise<ImportCandidate[]> {
    try {
      return await this.#insert(candidates);
    } catch (error) {
      const code = dataFaultOf(error);
      if (code === null) throw error;
      const [first] = candidates;
      if (candidates.length === 1 && first) {
        this.#refuse(first.line, `rejected by the database (${code})`);
        this.counts.imported -= 1;
        return [];
      }
      const middle = Math.ceil(candidates.length / 2);
      const halves = [candidates.slice(0, middle), candidates.slice(middle)];
      const lost: ImportCandidate[] = [];
      for (const half of halves) lost.push(...(await this.#insertOrRefuse(half)));
      return lost;
    }
  }

  /** Inserts them in one transaction and returns those whose address or username was taken concurrently. */
  async #insert(candidates: readonly ImportCandidate[]): Promise<ImportCandidate[]> {
    const { db, clock, hasher, ids, schemes, events } = this.#deps;
    const changedAt = clock.now();
    const people = candidates.map((candidate) => ({ candidate, row: rowOf(ids.next<UserId>(), candidate) }));
    return db.transaction(async (tx) => {
      const inserted = await insertUsers(
        tx,
        people.map(({ row }) => row),
      );
      const admitted = people.filter(({ row }) => inserted.has(row.id));
      const owners = admitted.flatMap(({ row: { id: userId, tenantId }, candidate: { user } }) =>
        user.passwordHash
          ? [{ userId, tenantId, hash: user.passwordHash, changedAt, setByMailAt: null, createdBySession: null }]
          : [],
      );
      await insertPasswords(tx, owners);
      const given = admitted.map(({ row }) => ({ user: row, roles: row.roles, by: { userId: null } }));
      await insertRoleGrants(tx, given, changedAt);
      const stored = admitted.flatMap(({ candidate: { user } }) => user.passwordHash ?? []);
      await schemes.note(
        tx,
        stored.map((hash) => hasher.schemeOf(hash)).filter((scheme) => scheme !== null),
      );
      if (admitted.length > 0) await events.record(tx, ...admitted.map(({ row }) => userImported(row)));
      return people.filter(({ row }) => !inserted.has(row.id)).map(({ candidate }) => candidate);
    });
  }

  #refuse(line: number, ...faults: string[]): null {
    this.counts.refused += 1;
    this.#options.onRefused?.({ line, faults });
    return null;
  }
}

const rowOf = (id: UserId, { user, tenant, email, username }: ImportCandidate) =>
  ({
    id,
    tenantId: tenant.id,
    email: user.email,
    emailCanonical: email,
    emailVerified: user.emailVerified,
    username: username === null ? null : (user.username ?? null),
    usernameCanonical: username,
    name: cleanNameOrNull(user.name),
    locale: user.locale,
    status: "ACTIVE",
    roles: normalizeRoles(user.roles),
    createdAt: user.createdAt,
  }) satisfies NewUser;
