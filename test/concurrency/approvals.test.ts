import { afterAll, beforeAll, expect, it } from "vitest";
import type { GraphQLAnswer, UntypedData } from "../support/clients/graphql.ts";
import { createMember, createTenant, submitRegistration } from "../support/factories/tenants.ts";
import { newEmail, newPassword, tokenIn, VERIFY, verify } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { readersOf } from "../support/servers/smtp.ts";

let replicas: [TestApp, TestApp];
beforeAll(async () => {
  const first = await startTestApp();
  replicas = [first, await startTestApp({ replicaOf: first })];
});
afterAll(async () => {
  const [first, second] = replicas;
  await second.stop();
  await first.stop();
});

const APPROVE =
  "mutation ($id: ID!) { decided: approveRegistration(input: { registrationId: $id }) { registration { id status } } }";
const REJECT =
  "mutation ($id: ID!) { decided: rejectRegistration(input: { registrationId: $id }) { registration { id status } } }";

/** A tenant with one admin on each replica. */
const createTenantWithAdmins = async () => {
  const [first, second] = replicas;
  const tenant = await createTenant(first, "Acme", { registration: "APPROVAL" });
  const [one, other] = [await createMember(first, tenant, "ADMIN"), await createMember(second, tenant, "ADMIN")];
  return { tenant, admins: [one.client, other.client] as const };
};

const usersWith = async (email: string): Promise<UntypedData[]> => {
  const [{ app }] = replicas;
  return app.db.execute(`select id, status from users where email_canonical = '${email}'`);
};

const mailsTo = (email: string): (string | undefined)[] =>
  replicas[0].mail
    .all()
    .filter((mail) => readersOf(mail).includes(email))
    .map(({ subject }) => subject);

const outcomes = async (calls: readonly Promise<GraphQLAnswer<UntypedData>>[]) => {
  const answers = await Promise.all(calls);
  return {
    done: answers.filter(({ errors }) => errors.length === 0),
    codes: answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code)),
  };
};

it("one registration creates one user, even if two admins approve it concurrently on two replicas", async () => {
  for (let round = 0; round < 5; round++) {
    const { tenant, admins } = await createTenantWithAdmins();
    const [email, password] = [newEmail(), newPassword()];
    const id = await submitRegistration(replicas[0], tenant, { email, password });
    const { done, codes } = await outcomes([...admins, ...admins].map((client) => client.send(APPROVE, { id })));
    expect(done).toHaveLength(1);
    expect(codes).toEqual(["CONFLICT", "CONFLICT", "CONFLICT"]);
    expect(await usersWith(email)).toEqual([]);

    const token = tokenIn(await replicas[0].mail.waitForMail({ to: email }));
    const client = replicas[1].client();
    await verify(client, token, { password });
    expect(await usersWith(email)).toMatchObject([{ status: "ACTIVE" }]);
    expect(mailsTo(email).filter((subject) => subject === "Your registration was approved")).toHaveLength(1);
  }
});

it("exactly one of a concurrent approval and rejection takes effect, and only its mail is sent", async () => {
  for (let round = 0; round < 5; round++) {
    const { tenant, admins } = await createTenantWithAdmins();
    const email = newEmail();
    const id = await submitRegistration(replicas[0], tenant, { email });
    const [one, other] = admins;
    const { done, codes } = await outcomes([one.send(APPROVE, { id }), other.send(REJECT, { id })]);
    expect(done).toHaveLength(1);
    expect(codes).toEqual(["CONFLICT"]);
    const approved = done[0]?.data.decided.registration.status === "APPROVED";
    expect(await usersWith(email)).toEqual([]);
    await replicas[0].mail.waitForMail({ to: email });
    expect(mailsTo(email)).toEqual([
      approved ? "Your registration was approved" : "Your registration was not approved",
    ]);
  }
});

it("two registrations for one address, approved concurrently, get two links, and only one of the links creates a user", async () => {
  for (let round = 0; round < 5; round++) {
    const { tenant, admins } = await createTenantWithAdmins();
    const email = newEmail();
    const ids = [
      await submitRegistration(replicas[0], tenant, { email }),
      await submitRegistration(replicas[0], tenant, { email }),
    ];
    const { done } = await outcomes(admins.map((client, at) => client.send(APPROVE, { id: ids[at] })));
    expect(done).toHaveLength(2);
    const subject = "Your registration was approved";
    const [mail] = replicas;
    const tokens = [];
    for (let n = 0; n < 2; n++) tokens.push(tokenIn(await mail.mail.waitForMail({ to: email, subject })));
    const input = (token: string | undefined) => ({ input: { token, password: newPassword() } });
    const verified = await outcomes(
      tokens.map((token, at) => replicas[at % 2 ? 1 : 0].client().send(VERIFY, input(token))),
    );
    expect(verified.done).toHaveLength(1);
    expect(verified.codes).toEqual(["INVALID_TOKEN"]);
    expect(await usersWith(email)).toHaveLength(1);
  }
});
