import { errorOf } from "../../client/index.ts";
import { request } from "../request.ts";
import { AuthSettingsDocument, type AuthSettingsQuery } from "./auth-settings.documents.ts";

export type AuthSettings = AuthSettingsQuery["payload"];

/** What a page can offer before anything is known about its visitor. */
export interface SignInOffer {
  /** Null if the API is unavailable: then only the password can be tried. */
  readonly settings: AuthSettings | null;
  /** The slug of the tenant whose page this is; null for the default tenant, also instead of one that does not exist. */
  readonly tenant: string | null;
}

/** The settings of a tenant's sign-in. A tenant that does not exist, or is suspended, gets the page of the installation. */
export const loadOffer = async (slug: string | undefined): Promise<SignInOffer> => {
  const load = async (tenant: string | null): Promise<SignInOffer> => ({
    settings: await request(AuthSettingsDocument, { tenant }),
    tenant,
  });
  try {
    return await load(slug ?? null).catch((thrown: unknown) => {
      if (slug !== undefined && errorOf(thrown)?.code === "NOT_FOUND") return load(null);
      throw thrown;
    });
  } catch {
    return { settings: null, tenant: slug ?? null };
  }
};

/** The shortest password that any tenant accepts, until the tenant's own rule is known. */
export const MIN_PASSWORD_LENGTH = 8;
