import type { RegistrationPageFragment } from "./registrations.documents.ts";

export type ListedRegistration = RegistrationPageFragment["nodes"][number];
