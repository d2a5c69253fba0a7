import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { employLoggedIn, seenFrom } from "../support/clients/confirmations.ts";
import { beginLogin } from "../support/clients/factors.ts";
import { mmdb } from "../support/factories/mmdb.ts";
import { createTenant } from "../support/factories/tenants.ts";
import { newAddress } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

const named = (city: string, location = { latitude: 52.52, longitude: 13.4 }) => ({
  country_code: "DE",
  state1: "Berlin",
  city,
  ...location,
});

/** The records that an attacker wrote into the file, by address. */
const RECORDS = {
  "198.51.100.1": named("Ber\0lin"),
  "198.51.100.2": named(`Berlin\r\nBcc: eve@example.net\u202e`),
  "198.51.100.3": named("B".repeat(280)),
  "198.51.100.4": named("Berlin", { latitude: Number.NaN, longitude: Number.POSITIVE_INFINITY }),
  "198.51.100.5": named("Berlin", { latitude: -1e300, longitude: -1e300 }),
  "198.51.100.6": { ...named("Berlin"), city: ["Berlin"], state1: { en: "Berlin" }, latitude: "52.52" },
} as const;

let app: TestApp;
let company: Tenant;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(inject("runDirectory"), "hostile-places-"));
  const file = join(folder, "city.mmdb");
  await writeFile(file, mmdb(RECORDS));
  app = await startTestApp({ settings: { GEOIP_FILE: file } });
  company = await createTenant(app);
});
afterAll(async () => {
  await app?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a place database with hostile records", () => {
  it.each(Object.keys(RECORDS))(
    "does not block a user at %s, and puts nothing but a name into mails",
    async (address) => {
      const at = seenFrom(app, address);
      const bob = await employLoggedIn(at, company);
      expect(await beginLogin(at.client(), bob)).toMatchObject({ __typename: "LoginSuccess" });
      // From another address, too, because the stored record is used in the assessment.
      const elsewhere = await beginLogin(app.client({ "x-forwarded-for": newAddress() }), bob);
      expect(["LoginSuccess", "LoginConfirmationRequired"]).toContain(elsewhere.__typename);
      const mail = await app.mail.waitForMail({ to: bob.email, subject: "A new device was used to log in" });
      expect(mail.text).not.toMatch(/^Bcc|B{200}|\0|\u202e/m);
      expect(mail.text).not.toContain("NaN");
    },
  );
});
