import type { Clock } from "#platform/clock";
import { AppError, assertNever } from "#shared/errors";
import type { ProviderSettings } from "../social-settings.ts";
import { ANY_DOMAIN } from "../vouched-domains.ts";
import { GitHubProvider } from "./github-provider.ts";
import { OpenIdProvider } from "./openid-provider.ts";
import type { IdentityProvider } from "./provider.ts";
import type { ProviderCallDeps } from "./provider-call.ts";

export interface ProvidersDeps extends ProviderCallDeps {
  readonly settings: readonly ProviderSettings[];
  readonly clock: Clock;
}

/** The identity providers in the settings. They are not called until the first login. */
export class Providers {
  readonly #log: ProvidersDeps["log"];
  readonly #providers: ReadonlyMap<string, IdentityProvider>;
  /** The ids of providers that may vouch for every domain. */
  readonly #trusted: readonly string[];

  constructor({ settings, ...deps }: ProvidersDeps) {
    this.#log = deps.log;
    this.#trusted = settings.filter(({ vouchesFor }) => vouchesFor.includes(ANY_DOMAIN)).map(({ id }) => id);
    this.#providers = new Map(settings.map((provider) => [provider.id, build(provider, deps)]));
  }

  /** Returns the providers in the order of the settings. */
  list(): { readonly id: string; readonly name: string }[] {
    return [...this.#providers.values()].map(({ id, name }) => ({ id, name }));
  }

  /** Compares each provider with the settings and logs faults; logins do not wait for it. */
  async check(): Promise<void> {
    for (const provider of this.#trusted)
      this.#log.warn({ provider }, "a provider vouches for every domain: it can open the account of any address");
    await Promise.allSettled([...this.#providers.values()].map((provider) => provider.check?.()));
  }

  /** @throws {AppError} BAD_REQUEST/PROVIDER_NOT_CONFIGURED */
  get(id: string): IdentityProvider {
    const provider = this.#providers.get(id);
    if (provider) return provider;
    throw new AppError("BAD_REQUEST", {
      reason: "PROVIDER_NOT_CONFIGURED",
      message: "This installation has no such identity provider.",
    });
  }
}

const build = (settings: ProviderSettings, deps: Omit<ProvidersDeps, "settings">): IdentityProvider => {
  switch (settings.kind) {
    case "openid":
      return new OpenIdProvider(settings, deps);
    case "github":
      return new GitHubProvider(settings, deps);
    default:
      return assertNever(settings);
  }
};
