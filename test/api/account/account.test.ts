import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "#shared/durations";
import { createTenantWithUsers, createUser } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newEmail, newPassword, register, tokenIn, verify } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const CHANGE_USERNAME =
  "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id username } } }";
const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const PENDING = "{ me { pendingEmail } }";
const CANCEL = "mutation { cancelEmailChange { user { email pendingEmail } } }";
const CONFIRM = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";
const UNDO =
  "mutation ($token: String!, $proof: UndoEmailChangeProof) { undoEmailChange(input: { token: $token, proof: $proof }) { email } }";
const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
const DELETE = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";
const ME = "{ me { id email username } }";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());
// Each test starts with an unused hourly registration limit.
beforeEach(() => app.clock.advance(HOUR));

describe("changeUsername", () => {
  it("sets a username that can be used to log in", async () => {
    const alice = await createUser(app);
    const input = { username: "Alice.W", password: alice.password };
    expect(await alice.client.ask(CHANGE_USERNAME, { input })).toEqual({
      changeUsername: { user: { id: alice.id, username: "Alice.W" } },
    });
    await logIn(app.client(), "alice.w", alice.password);
  });

  it("refuses a taken name and a wrong password, and changes nothing", async () => {
    const bob = await createUser(app, { name: "bob", username: "bob_the_first" });
    const alice = await createUser(app);
    const refusal = (username: string, password: string) =>
      alice.client.refused(CHANGE_USERNAME, { input: { username, password } });
    expect(await refusal("BOB_the_first", "wrong")).toMatchObject({
      code: "CONFLICT",
      reason: "USERNAME_TAKEN",
      status: 409,
    });
    expect(await refusal("free_name", bob.password)).toMatchObject({ code: "FORBIDDEN", reason: "INCORRECT_PASSWORD" });
    expect(await refusal("раураl", alice.password)).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.username" }],
    });
    expect(await alice.client.ask(ME)).toMatchObject({ me: { username: null } });
  });

  it("ends the session at the tenth wrong password in a row, and locks nothing else", async () => {
    const alice = await createUser(app);
    for (let n = 0; n < 10; n++)
      await alice.client.refused(CHANGE_USERNAME, { input: { username: "some_name", password: `wrong ${n}` } });
    const input = { username: "some_name", password: alice.password };
    expect(await alice.client.refused(CHANGE_USERNAME, { input })).toMatchObject({ code: "UNAUTHENTICATED" });
    await logIn(alice.client, alice.email, alice.password);
    await alice.client.ask(CHANGE_USERNAME, { input });
  });
});

describe("changeEmail", () => {
  it("changes the address once the new one is verified; the old one can undo the change", async () => {
    const alice = await createUser(app);
    const newOne = newEmail("elsewhere");
    expect(await alice.client.ask(CHANGE_EMAIL, { input: { newEmail: newOne } })).toEqual({
      changeEmail: { newEmail: expect.any(String) },
    });
    const link = tokenIn(await app.mail.waitForMail({ to: newOne }));
    const wayBack = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: /address is being changed/ }));
    expect(await alice.client.ask(ME)).toMatchObject({ me: { email: alice.email } });

    expect(await app.client().ask(CONFIRM, { token: link })).toEqual({ confirmEmailChange: { email: newOne } });
    expect(await alice.client.ask(ME)).toMatchObject({ me: { email: newOne } });

    const proof = { deviceToken: alice.client.deviceToken };
    expect(await app.client().ask(UNDO, { token: wayBack, proof })).toEqual({
      undoEmailChange: { email: alice.email },
    });
    expect(await alice.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    const login = { input: { identifier: alice.email, password: alice.password } };
    expect(await app.client().refused(LOGIN, login)).toMatchObject({ reason: "PASSWORD_RESET_REQUIRED" });
    const token = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: /account is safe again/ }));
    const password = newPassword();
    await app.client().ask(RESET, { input: { token, newPassword: password } });
    await logIn(app.client(), alice.email, password);
  });

  it("is pending until the new address is verified, and only its user sees it", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const newOne = newEmail("elsewhere");
    await bob.client.ask(CHANGE_EMAIL, { input: { newEmail: newOne } });
    expect((await bob.client.ask(PENDING)).me).toEqual({ pendingEmail: newOne });
    const ofUser = "query ($id: ID!) { user(id: $id) { email pendingEmail } }";
    expect((await admin.client.ask(ofUser, { id: bob.id })).user).toEqual({ email: bob.email, pendingEmail: null });

    await app.client().ask(CONFIRM, { token: tokenIn(await app.mail.waitForMail({ to: newOne })) });
    expect((await bob.client.ask(PENDING)).me).toEqual({ pendingEmail: null });
  });

  it("is cancelled by its user, which invalidates the link", async () => {
    const alice = await createUser(app);
    const newOne = newEmail("elsewhere");
    expect(await alice.client.refused(CANCEL)).toMatchObject({ code: "NOT_FOUND" });
    await alice.client.ask(CHANGE_EMAIL, { input: { newEmail: newOne } });
    const token = tokenIn(await app.mail.waitForMail({ to: newOne }));
    expect((await alice.client.ask(CANCEL)).cancelEmailChange.user).toEqual({ email: alice.email, pendingEmail: null });
    expect(await app.client().refused(CONFIRM, { token })).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await alice.client.ask(ME)).toMatchObject({ me: { email: alice.email } });
  });

  it("requires a step-up", async () => {
    const alice = await createUser(app);
    app.clock.advance(11 * MINUTE);
    expect(await alice.client.refused(CHANGE_EMAIL, { input: { newEmail: newEmail() } })).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
  });

  it("does not reveal that an address is taken", async () => {
    const bob = await createUser(app, { name: "bob" });
    const alice = await createUser(app);
    for (const address of [bob.email, newEmail()]) {
      const { status, data, errors } = await alice.client.send(CHANGE_EMAIL, { input: { newEmail: address } });
      expect([status, data, errors]).toEqual([200, { changeEmail: { newEmail: address } }, []]);
      expect((await alice.client.ask(PENDING)).me).toEqual({ pendingEmail: address });
    }
    await app.mail.waitForMail({ to: bob.email, subject: "You already have an account" });
  });
});

describe("deleteAccount", () => {
  it("ends all sessions, makes logins impossible, and frees the address", async () => {
    const alice = await createUser(app);
    const phone = app.client();
    await logIn(phone, alice.email, alice.password);
    expect(await alice.client.ask(DELETE, { input: { password: alice.password } })).toEqual({
      deleteAccount: { deletedUserId: alice.id },
    });
    for (const client of [alice.client, phone])
      expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    const login = { input: { identifier: alice.email, password: alice.password } };
    expect(await app.client().refused(LOGIN, login)).toMatchObject({ code: "INVALID_CREDENTIALS" });
    await app.mail.waitForMail({ to: alice.email, subject: /deleted/i });
    const again = newPassword();
    await verify(app.client(), await register(app, { email: alice.email, password: again }));
    await logIn(app.client(), alice.email, again);
  });

  it("requires the right password", async () => {
    const alice = await createUser(app);
    expect(await alice.client.refused(DELETE, { input: { password: "wrong" } })).toMatchObject({
      code: "FORBIDDEN",
      reason: "INCORRECT_PASSWORD",
    });
    expect(await alice.client.ask(ME)).toMatchObject({ me: { id: alice.id } });
  });

  it("is refused to the last admin of a tenant with other users, with the reason", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const input = { password: admin.password };
    expect(await admin.client.refused(DELETE, { input })).toMatchObject({ code: "CONFLICT", reason: "LAST_ADMIN" });
    expect(await admin.client.ask(ME)).toMatchObject({ me: { id: admin.id } });

    await bob.client.ask(DELETE, { input: { password: bob.password } });
    expect(await admin.client.ask(DELETE, { input })).toEqual({ deleteAccount: { deletedUserId: admin.id } });
  });

  it("happens once if it is requested several times at the same moment", async () => {
    const alice = await createUser(app);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => alice.client.send(DELETE, { input: { password: alice.password } })),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    const codes = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code));
    expect(new Set(codes)).toEqual(new Set(["UNAUTHENTICATED"]));
  });
});
