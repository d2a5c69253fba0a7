/** What a person does after registering. */
export const REGISTRATION_NEXT = ["VERIFY_EMAIL", "AWAIT_APPROVAL"] as const;
export type RegistrationNext = (typeof REGISTRATION_NEXT)[number];
