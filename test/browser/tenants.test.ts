import type { Server } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { HOUR, MINUTE } from "#shared/durations";
import { join, REMOVE_MEMBER, SUSPEND_MEMBER } from "../support/factories/memberships.ts";
import { createMember, createTenantWithUsers } from "../support/factories/tenants.ts";
import { signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { WAIT } from "../support/timeouts.ts";
import { Gateway } from "./clients.gateway.ts";
import { openTab, serveApp, type Tab } from "./clients.tab.ts";
import { originOf } from "./passkeys.tab.ts";

describeIf("chromium", "one login in the tabs of several tenants", (executablePath) => {
  describeIf("redis", "on two replicas over Redis", (redis) => {
    let frontend: Server;
    let browser: Browser;
    /** The shared address of both replicas. */
    let gateway: Gateway;
    let app: TestApp;
    let replica: TestApp;

    beforeAll(async () => {
      [frontend, browser, gateway] = await Promise.all([serveApp(), launchChromium(executablePath), Gateway.open()]);
      const settings = { PUBLIC_URL: gateway.url, CORS_ORIGINS: originOf(frontend), REDIS_URL: redis };
      app = await startTestApp({ settings });
      replica = await startTestApp({ settings, replicaOf: app });
    });
    afterAll(async () => {
      await browser?.close();
      frontend?.close();
      await gateway?.close();
      await replica?.stop();
      await app?.stop();
    });
    beforeEach(() => {
      app.clock.advance(HOUR);
      gateway.target = app.url;
      gateway.operations.length = 0;
    });
    afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

    it.each([
      ["is removed", "REMOVED", REMOVE_MEMBER, "COOKIE", "urql"],
      ["is suspended", "CHANGED", SUSPEND_MEMBER, "BODY", "apollo"],
    ] as const)(
      "a user of three tenants works in two tabs at the same time; a membership that %s ends only its own tab's work",
      async (_, kind, end, transport, library) => {
        const person = await signUp(app);
        const [a, b] = [await createTenantWithUsers(app, "A"), await createTenantWithUsers(app, "B")];
        const [inA] = [await join(a.admin, person), await join(b.admin, person)];
        const context = await browser.newContext();
        const open = (tenant: string) =>
          openTab(context, originOf(frontend), { url: `${gateway.url}/graphql`, transport, library, tenant });
        const [tabA, tabB] = [await open(a.tenant.id), await open(b.tenant.id)];
        const both = () => Promise.all([tabA.askTenants(10), tabB.askTenants(10)]);
        const tenantsOfBoth = [Array(10).fill(a.tenant.id), Array(10).fill(b.tenant.id)];

        // One login for both tabs.
        await tabA.logIn(person.email, person.password);
        await isSignedIn(tabB);
        expect(await both()).toEqual(tenantsOfBoth);

        // One refresh for both; a refresh that A needs does not affect B.
        app.clock.advance(16 * MINUTE);
        expect(await both()).toEqual(tenantsOfBoth);
        expect(gateway.countOf("RefreshTokens")).toBe(1);
        app.clock.advance(16 * MINUTE);
        expect(await tabA.askTenants(1)).toEqual([a.tenant.id]);
        expect(await tabB.state()).toMatchObject({ tenantId: b.tenant.id, tenantError: null });
        expect(await both()).toEqual(tenantsOfBoth);
        expect(gateway.countOf("RefreshTokens")).toBe(2);

        // A on one replica, B on the other one, which ends the membership.
        await tabA.followMemberships();
        await isConnected(tabA);
        gateway.target = replica.url;
        await tabB.followMemberships();
        await isConnected(tabB);
        await vi.waitFor(() => expect(replica.app.securityEventFeed.followers).toBe(1), WAIT);
        const admin = await createMember(app, a.tenant, "ADMIN");
        const client = replica.client();
        client.accessToken = admin.client.accessToken;
        await client.ask(end, { id: inA.id });
        const lost = { status: "SIGNED_IN", tenantId: a.tenant.id, tenantError: "NOT_A_MEMBER" };
        await vi.waitFor(async () => expect(await tabA.state()).toMatchObject(lost), WAIT);
        expect(await tabA.endings()).toEqual(["4401 Membership ended"]);
        expect(await tabA.askTenants(2)).toEqual(["NOT_A_MEMBER", "NOT_A_MEMBER"]);
        await vi.waitFor(
          async () => expect(await tabB.events()).toEqual(["CONNECTED", `${kind} ${a.tenant.id}`]),
          WAIT,
        );
        expect(await tabB.endings()).toEqual([]);
        expect(await tabB.askTenants(2)).toEqual([b.tenant.id, b.tenant.id]);
        expect(await tabB.state()).toMatchObject({ status: "SIGNED_IN", tenantId: b.tenant.id, tenantError: null });
        expect(gateway.countOf("RefreshTokens")).toBe(2);

        // The tab without a tenant goes to the home tenant, and to B; not back.
        const { id: home } = await app.app.tenants.default();
        expect(await tabA.switchTenant(null)).toMatchObject({ tenantId: home, tenantError: null });
        expect(await tabA.askTenants(1)).toEqual([home]);
        await expect(tabA.switchTenant(a.tenant.id)).rejects.toThrow("NOT_A_MEMBER");
        expect(await tabA.switchTenant(b.tenant.id)).toMatchObject({ tenantId: b.tenant.id });
        expect(await both()).toEqual([Array(10).fill(b.tenant.id), Array(10).fill(b.tenant.id)]);
      },
    );
  });
});

const isSignedIn = (tab: Tab) => vi.waitFor(async () => expect((await tab.state()).status).toBe("SIGNED_IN"), WAIT);

const isConnected = (tab: Tab) => vi.waitFor(async () => expect(await tab.events()).toEqual(["CONNECTED"]), WAIT);
