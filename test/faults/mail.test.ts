import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newAddress, newEmail, newPassword, signUp, tokenIn, verify } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { readersOf } from "../support/servers/smtp.ts";

const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
const RESET = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const HOUR = 3_600_000;

describe("while the mail server is unavailable", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  let away = false;
  const goAway = async () => {
    await app.mail.stop();
    away = true;
  };
  const restart = async () => {
    if (away) await app.mail.start();
    away = false;
  };
  afterEach(restart);

  /** Makes queued mails due immediately, because the queue uses Postgres's clock. */
  const hurry = () =>
    app.app.db.execute(sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`);
  const waitingFor = async (email: string): Promise<number> =>
    (await app.app.db.execute(sql`select from graphile_worker._private_jobs where payload ->> 'to' = ${email}`)).length;
  const register = (email: string) =>
    app.client({ "x-forwarded-for": newAddress() }).ask(REGISTER, { input: { email, password: newPassword() } });
  /** Waits until the mail has failed at least once. */
  const wasTried = (email: string) =>
    expect
      .poll(
        async () =>
          (
            await app.app.db.execute(
              sql`select from graphile_worker._private_jobs
                where payload ->> 'to' = ${email} and attempts > 0 and locked_at is null`,
            )
          ).length,
      )
      .toBe(1);
  const isDone = (email: string) =>
    expect
      .poll(
        async () => {
          await hurry();
          return waitingFor(email);
        },
        { interval: 100 },
      )
      .toBe(0);

  it("everything else works, and all mails are delivered afterwards, once", async () => {
    await goAway();
    const emails = Array.from({ length: 5 }, () => newEmail("patient"));
    for (const email of emails) await register(email);
    for (const email of emails) await wasTried(email);
    app.clock.advance(HOUR);
    await restart();
    for (const email of emails) {
      await isDone(email);
      const mail = await app.mail.waitForMail({ to: email });
      await verify(app.client(), tokenIn(mail), { password: newPassword() });
      const links = app.mail.all().filter((sent) => readersOf(sent).includes(email) && sent.subject === mail.subject);
      expect(links).toHaveLength(1);
    }
  });

  it("for longer than the lifetime of a link, the mail is dropped", async () => {
    const alice = await signUp(app);
    await goAway();
    await app.client({ "x-forwarded-for": newAddress() }).ask(RESET, { email: alice.email });
    await expect.poll(() => waitingFor(alice.email)).toBe(1);
    await wasTried(alice.email);
    app.clock.advance(HOUR);
    const before = app.mail.all().length;
    await restart();
    await isDone(alice.email);
    expect(app.mail.all().slice(before).flatMap(readersOf)).not.toContain(alice.email);
  });

  it("for one recipient only, and permanently, the mail is given up", async () => {
    app.mail.rejectNext(550);
    const email = newEmail("nobody");
    await register(email);
    await isDone(email);
    expect(app.mail.all().flatMap(readersOf)).not.toContain(email);
  });
});
