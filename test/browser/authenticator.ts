import type { Page } from "playwright-core";

export type VirtualAuthenticator = Awaited<ReturnType<typeof addAuthenticator>>;

/** A laptop's fingerprint reader, with a finger on it (WebDriver extension of Web Authentication, section 11). */
export const FINGERPRINT_READER = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

/** A security key without a PIN: it can verify presence, but not the user. */
export const TOUCH_ONLY = { ...FINGERPRINT_READER, transport: "usb", hasUserVerification: false } as const;

export type AuthenticatorOptions = typeof FINGERPRINT_READER | typeof TOUCH_ONLY;

/** Connects Chromium's virtual authenticator with a page. */
export const addAuthenticator = async (page: Page, options: AuthenticatorOptions = FINGERPRINT_READER) => {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  /** The only credential of the authenticator. */
  const credential = async () => {
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    const [only] = credentials;
    if (!only || credentials.length > 1) throw new Error(`There are ${credentials.length} passkeys.`);
    return only;
  };
  return {
    credential,
    /** Changes that no real authenticator offers. */
    async change(changes: { signCount?: number; userHandle?: string; rpId?: string }): Promise<void> {
      const changed = { ...(await credential()), ...changes };
      await devtools.send("WebAuthn.removeCredential", { authenticatorId, credentialId: changed.credentialId });
      await devtools.send("WebAuthn.addCredential", { authenticatorId, credential: changed });
    },
    setUserVerified: (isUserVerified: boolean) =>
      devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
};
