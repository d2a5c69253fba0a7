import { accountFeature } from "./account/index.ts";
import { administrationFeature } from "./administration/index.ts";
import { auditFeature } from "./audit/index.ts";
import { brandsFeature } from "./brands/index.ts";
import { challengesFeature } from "./challenges/index.ts";
import { devicesFeature } from "./devices/index.ts";
import { exportsFeature } from "./exports/index.ts";
import { incidentsFeature } from "./incidents/index.ts";
import { invitationsFeature } from "./invitations/index.ts";
import { linksFeature } from "./links/index.ts";
import { loginFeature } from "./login/index.ts";
import { membersFeature } from "./members/index.ts";
import { membershipsFeature } from "./memberships/index.ts";
import { messagingFeature } from "./messaging/index.ts";
import { onboardingFeature } from "./onboarding/index.ts";
import { passwordsFeature } from "./passwords/index.ts";
import { policyPreviewFeature } from "./policy-preview/index.ts";
import { registrationFeature } from "./registration/index.ts";
import { riskFeature } from "./risk/index.ts";
import { sapFeature } from "./sap/index.ts";
import { securityHistoryFeature } from "./security-history/index.ts";
import { sessionsFeature } from "./sessions/index.ts";
import { socialFeature } from "./social/index.ts";
import { statisticsFeature } from "./statistics/index.ts";
import { tenantsFeature } from "./tenants/index.ts";
import { tokensFeature } from "./tokens/index.ts";
import { userImportFeature } from "./user-import/index.ts";
import { usersFeature } from "./users/index.ts";

/**
 * The features in dependency order: each imports only from those before it. If a later feature extends an earlier type, the
 * extension is in the later feature (`User.sessions` is a field resolver in sessions/).
 */
export const FEATURES = [
  tokensFeature,
  auditFeature,
  tenantsFeature,
  usersFeature,
  membershipsFeature,
  devicesFeature,
  riskFeature,
  linksFeature,
  sessionsFeature,
  challengesFeature,
  passwordsFeature,
  registrationFeature,
  loginFeature,
  brandsFeature,
  accountFeature,
  administrationFeature,
  membersFeature,
  invitationsFeature,
  socialFeature,
  incidentsFeature,
  securityHistoryFeature,
  statisticsFeature,
  policyPreviewFeature,
  exportsFeature,
  sapFeature,
  onboardingFeature,
  userImportFeature,
  messagingFeature,
] as const;
