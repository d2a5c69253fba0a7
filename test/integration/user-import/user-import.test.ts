import bcrypt from "@node-rs/bcrypt";
import argon2 from "argon2";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwords } from "#features/passwords/index";
import { type ImportOptions, type RefusedLine, UserImportService } from "#features/user-import/index";
import { canonicalEmail, findUserByEmail, type User } from "#features/users/index";
import type { UserId } from "#shared/ids";
import { holding } from "../../support/factories/roles.ts";
import { createTenant, createUser, createUserAs } from "../../support/factories/tenants.ts";
import { logIn, newEmail, newPassword, register, tokenIn, VERIFY, verify } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Imports users as lines of a file; strings are lines as they are. @returns the counts and the refusals */
const importLines = async (lines: readonly (object | string)[], options: ImportOptions = {}) => {
  async function* texts() {
    for (const line of lines) yield typeof line === "string" ? line : JSON.stringify(line);
  }
  const refusals: RefusedLine[] = [];
  const counts = await app.app.userImport.import(texts(), { ...options, onRefused: (one) => void refusals.push(one) });
  return { counts, refusals };
};

const find = (email: string): Promise<User | null> => findUserByEmail(app.app.db, canonicalEmail(email));

const hashOf = async (userId: UserId) => {
  const [row] = await app.app.db.select().from(passwords).where(eq(passwords.userId, userId));
  return row?.hash;
};

const COUNTS = { imported: 0, skipped: 0, refused: 0 };

describe("an imported user", () => {
  it.each(["0001-01-01T00:00:00Z", "0050-06-07T08:09:10Z", "0999-12-31T23:59:59Z", "1899-12-31T00:00:00Z"])(
    "has the age in the line: %s",
    async (createdAt) => {
      const email = newEmail("old");
      expect((await importLines([{ email, emailVerified: true, createdAt }])).counts).toMatchObject({ imported: 1 });
      expect((await find(email))?.createdAt).toEqual(new Date(createdAt));
    },
  );

  it("exists although the database refuses another line, which is reported", async () => {
    const emails = [newEmail("one"), newEmail("two"), newEmail("three")];
    await app.app.db.execute("alter table users add constraint no_two check (name <> 'Two') not valid");
    try {
      const lines = emails.map((email, index) => ({
        email,
        name: ["One", "Two", "Three"][index],
        emailVerified: true,
      }));
      const { counts, refusals } = await importLines(lines);
      expect(counts).toEqual({ imported: 2, skipped: 0, refused: 1 });
      expect(refusals).toEqual([{ line: 2, faults: ["rejected by the database (23514)"] }]);
    } finally {
      await app.app.db.execute("alter table users drop constraint no_two");
    }
    expect(await find(emails[0] ?? "")).toMatchObject({ name: "One" });
    expect(await find(emails[1] ?? "")).toBeNull();
  });

  it("has all data of the line, and an entry in the history", async () => {
    const email = newEmail("Ada");
    const { id: tenantId, slug } = await createTenant(app);
    const { counts } = await importLines([
      {
        email,
        emailVerified: true,
        username: `Ada_${email.slice(4, 14)}`,
        name: " Ada Lovelace ",
        locale: "de-CH",
        roles: ["ADMIN"],
        createdAt: "2019-05-06T07:08:09+02:00",
        tenant: slug,
      },
    ]);
    expect(counts).toEqual({ ...COUNTS, imported: 1 });
    const user = await find(email);
    expect(user).toMatchObject({
      tenantId,
      email,
      emailVerified: true,
      usernameCanonical: `ada_${email.slice(4, 14)}`,
      name: "Ada Lovelace",
      locale: "de-CH",
      status: "ACTIVE",
      roles: ["USER", "ADMIN"],
      createdAt: new Date("2019-05-06T05:08:09Z"),
    });
    expect(await hashOf(user?.id as UserId)).toBeUndefined();
    const operator = await createUserAs(app, "OPERATOR");
    const { securityEvents } = await operator.client.ask(
      "query ($id: ID!) { securityEvents(filter: { userId: $id }) { edges { node { type ... on UserRegisteredEvent { origin } } } } }",
      { id: user?.id },
    );
    expect(securityEvents.edges).toEqual([{ node: { type: "USER_REGISTERED", origin: "IMPORTED" } }]);
  });

  it("without a password chooses one through a reset", async () => {
    const email = newEmail();
    await importLines([{ email, emailVerified: true }]);
    const client = app.client();
    await client.ask(
      "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }",
      {
        email,
      },
    );
    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    const newOne = newPassword();
    await client.ask("mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }", {
      input: { token, newPassword: newOne },
    });
    await logIn(client, email, newOne);
  });

  it("with an unverified address verifies it before the first login, and chooses a password then", async () => {
    const [email, password] = [newEmail(), newPassword()];
    const username = `late_${email.slice(5, 15)}`;
    await importLines([{ email, username, name: "Late", passwordHash: await bcrypt.hash(password, 4) }]);
    const imported = await find(email);
    expect(imported).toMatchObject({ status: "ACTIVE", emailVerified: false, username, name: "Late" });
    const client = app.client();
    const LOGIN = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }";
    expect(await client.refused(LOGIN, { input: { identifier: username, password } })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
    // That login mailed a reminder with the link.
    const token = tokenIn(await app.mail.waitForMail({ to: email, subject: "Confirm your e-mail address" }));
    expect(await client.refused(VERIFY, { input: { token } })).toMatchObject({ reason: "PASSWORD_REQUIRED" });
    expect(await find(email)).toEqual(imported);
    const chosen = newPassword();
    const { user } = await verify(client, token, { password: chosen });
    expect(user).toMatchObject({ id: imported?.id, emailVerified: true, username, name: "Late" });
    expect(await client.refused(LOGIN, { input: { identifier: email, password } })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
    await logIn(client, username, chosen);
  });

  it("verifies the address after a registration of it, and keeps the tenant and roles of the import", async () => {
    const email = newEmail();
    const tenant = await createTenant(app, "Acme");
    await importLines([{ email, tenant: tenant.slug, roles: ["USER", "ADMIN"] }]);
    const token = await register(app, { email, password: newPassword(), name: "Mallory" });
    const { user } = await verify(app.client(), token, { challenge: null, password: newPassword() });
    expect(user).toMatchObject({ name: null, ...holding("ADMIN"), tenant: { id: tenant.id } });
  });
});

describe("hashes of other systems", () => {
  const variantOf = (hash: string, prefix: string) => hash.replace(/^\$2b\$/, `$${prefix}$`);
  const HASHES: Readonly<Record<string, (password: string) => Promise<string>>> = {
    $2a: async (password) => variantOf(await bcrypt.hash(password, 5), "2a"),
    $2b: (password) => bcrypt.hash(password, 5),
    $2y: async (password) => variantOf(await bcrypt.hash(password, 5), "2y"),
    argon2i: (password) =>
      argon2.hash(password, { type: argon2.argon2i, memoryCost: 256, timeCost: 3, parallelism: 2 }),
    argon2d: (password) =>
      argon2.hash(password, { type: argon2.argon2d, memoryCost: 256, timeCost: 2, parallelism: 1 }),
    argon2id: (password) => argon2.hash(password, { memoryCost: 1_024, timeCost: 2, parallelism: 4, hashLength: 64 }),
  };

  it.each(Object.keys(HASHES))("%s logs its user in, no one else, and is replaced after the login", async (kind) => {
    const [email, password] = [newEmail(), newPassword()];
    const foreign = await HASHES[kind]?.(password);
    expect((await importLines([{ email, emailVerified: true, passwordHash: foreign }])).counts.imported).toBe(1);
    const { id } = (await find(email)) as User;
    expect(await hashOf(id)).toBe(foreign);

    await expect(logIn(app.client(), email, newPassword())).rejects.toThrow("INVALID_CREDENTIALS");
    expect(await hashOf(id)).toBe(foreign);
    await logIn(app.client(), email, password);
    const own = await hashOf(id);
    expect(own).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    await logIn(app.client(), email, password);
    expect(await hashOf(id)).toBe(own);
  });
});

describe("lines that are refused", () => {
  const CANARY = "canary";
  it.each<[string, object | string]>([
    ["the line is not a JSON object", `{"email": "${CANARY}`],
    ["the line is not a JSON object", `["${CANARY}"]`],
    ["the line is not UTF-8", `{"email":"a@example.com","name":"${CANARY}\uFFFD"}`],
    ["the line has more than", JSON.stringify({ email: "a@example.com", name: CANARY.repeat(5_000) })],
    ["email: ", { name: CANARY }],
    ["email: This is not a valid e-mail address.", { email: `${CANARY}@@example.com` }],
    ["email: This is not a valid e-mail address.", { email: `${CANARY}..x@example.com` }],
    ["username: Use 3 to 32", { email: "a@example.com", username: `${CANARY} ü` }],
    ["name: Control characters", { email: "a@example.com", name: `${CANARY}\u0007` }],
    ["roles.0: ", { email: "a@example.com", roles: [CANARY] }],
    ["createdAt: The year must be 0001", { email: "a@example.com", createdAt: "0000-01-01T00:00:00Z" }],
    ["createdAt: The year must be 0001", { email: "a@example.com", createdAt: "0001-01-01T00:00:00+01:00" }],
    ["tenant: ", { email: "a@example.com", tenant: "acme\u0000" }],
    ["createdAt: This is in the future.", { email: "a@example.com", createdAt: "2999-01-01T00:00:00Z" }],
    ["createdAt: ", { email: "a@example.com", createdAt: CANARY }],
    ["emailVerified: ", { email: "a@example.com", emailVerified: CANARY }],
    ["tenant: unknown tenant", { email: "a@example.com", tenant: CANARY }],
    ["password: passwords are not accepted", { email: "a@example.com", password: CANARY }],
    ["status: unknown field", { email: "a@example.com", status: CANARY }],
    ["passwordHash: Use a bcrypt", { email: "a@example.com", passwordHash: CANARY }],
    ["passwordHash: Use a bcrypt", { email: "a@example.com", passwordHash: `$1$${CANARY}$6wS0cBy6XtBm2Ck9b1ZJT.` }],
    ["passwordHash: Use a bcrypt", { email: "a@example.com", passwordHash: `$2b$31$${"a".repeat(53)}` }],
    ["passwordHash: Use a bcrypt", { email: "a@example.com", passwordHash: "5f4dcc3b5aa765d61d8327deb882cf99" }],
  ])("report the reason and never the content: %s", async (words, line) => {
    const { counts, refusals } = await importLines([line]);
    expect(counts).toEqual({ ...COUNTS, refused: 1 });
    expect(refusals).toEqual([{ line: 1, faults: [expect.stringContaining(words)] }]);
    expect(JSON.stringify(refusals)).not.toContain(CANARY);
    expect(await find("a@example.com")).toBeNull();
  });

  it("report every fault with its line, and do not stop the others", async () => {
    const [first, second] = [newEmail(), newEmail()];
    const { counts, refusals } = await importLines([
      `\uFEFF${JSON.stringify({ email: first })}`,
      "",
      { email: "no", username: "x" },
      { email: second },
      "  ",
    ]);
    expect(counts).toEqual({ imported: 2, skipped: 0, refused: 1 });
    expect(refusals.map(({ line, faults }) => [line, faults.length])).toEqual([[3, 2]]);
    expect(await find(second)).not.toBeNull();
  });
});

describe("existing data", () => {
  it("is not changed: a known address is skipped, whatever its case, and a file may be imported twice", async () => {
    const alice = await createUser(app, { name: "alice" });
    const before = await find(alice.email);
    const file = [
      { email: alice.email.toUpperCase(), name: "Mallory", emailVerified: true, roles: ["OPERATOR"] },
      { email: newEmail(), name: "New" },
    ];
    expect((await importLines(file)).counts).toEqual({ imported: 1, skipped: 1, refused: 0 });
    expect((await importLines(file)).counts).toEqual({ imported: 0, skipped: 2, refused: 0 });
    expect(await find(alice.email)).toEqual(before);
  });

  it.each([false, true])("takes precedence within one file, too, across batches (dry run: %s)", async (dryRun) => {
    const mark = newEmail().slice(5, 15);
    const people = Array.from({ length: 1_100 }, (_, n) => ({
      email: `p${n}-${mark}@example.com`,
      username: `p${n}-${mark}`,
      emailVerified: true,
    }));
    const lines = [...people, { ...people[3] }, { ...people[4], email: newEmail() }];
    const { counts, refusals } = await importLines(lines, { dryRun });
    expect(counts).toEqual({ imported: 1_100, skipped: 1, refused: 1 });
    expect(refusals).toEqual([{ line: 1_102, faults: ["username: taken by another user"] }]);
    expect((await find(`p1099-${mark}@example.com`)) === null).toBe(dryRun);
  });

  it("takes precedence if a user registers during the import", async () => {
    const lines = Array.from({ length: 40 }, () => ({ email: newEmail(), passwordHash: `$2b$04$${"a".repeat(53)}` }));
    const rivals = lines.filter((_, n) => n % 8 === 0);
    const [imported] = await Promise.all([
      Promise.all([importLines(lines), importLines(lines)]),
      ...rivals.map(({ email }) => register(app, { email, password: newPassword() })),
    ]);
    const [one, two] = imported.map(({ counts }) => counts);
    const total = (one?.imported ?? 0) + (two?.imported ?? 0);
    expect(total).toBeLessThanOrEqual(40);
    expect(total).toBeGreaterThanOrEqual(35);
    expect((one?.skipped ?? 0) + (two?.skipped ?? 0)).toBe(80 - total);
  });
});

describe("a hash that takes long to verify", () => {
  it("is refused above two seconds on this machine, and nothing of the line is stored", async () => {
    const { db, clock, ids, schemes, tenants, links, events, hasher } = app.app;
    const verifying = (milliseconds: number) =>
      new UserImportService({
        ...{ db, clock, ids, schemes, tenants, links, events },
        hasher: {
          accepts: (hash) => hasher.accepts(hash),
          schemeOf: (hash) => hasher.schemeOf(hash),
          costMs: async () => milliseconds,
        },
      });
    const importOne = async (milliseconds: number) => {
      const email = newEmail();
      const refusals: RefusedLine[] = [];
      const line = JSON.stringify({ email, passwordHash: await bcrypt.hash(newPassword(), 4) });
      const counts = await verifying(milliseconds).import(
        (async function* () {
          yield line;
        })(),
        { onRefused: (one) => void refusals.push(one) },
      );
      return { counts, refusals, user: await find(email) };
    };
    expect(await importOne(2_001)).toEqual({
      counts: { ...COUNTS, refused: 1 },
      refusals: [{ line: 1, faults: ["passwordHash: verifying it takes longer than 2 seconds on this machine"] }],
      user: null,
    });
    expect((await importOne(1_999)).counts).toEqual({ ...COUNTS, imported: 1 });
  });
});
