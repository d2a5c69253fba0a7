export { usersFeature } from "./feature.ts";
export { lastAdmin, lastOperator } from "./last-of-role.ts";
export { insertRoleGrants, type LatestGrant, listGranters, listLatestGrants } from "./role-grants.repository.ts";
export { roleGrants } from "./role-grants.table.ts";
export { asUsernameTaken, Usernames } from "./usernames.ts";
export { UserPayload, UserStatusEnum, UserType } from "./users.graphql.ts";
export {
  canonicalEmail,
  canonicalUsername,
  hasEmailForm,
  isUnverified,
  type ProfileChanges,
  UNVERIFIED,
  type UserStatus,
  validateEmail,
  validateName,
  validateUsername,
} from "./users.policy.ts";
export {
  deleteUser,
  findUserByEmail,
  findUserById,
  findUserForUpdate,
  findUserInTenantForUpdate,
  insertUser,
  isUser,
  lockUsers,
  type NewUser,
  type User,
  updateUser,
} from "./users.repository.ts";
export { UsersService } from "./users.service.ts";
export { emailDomain, emailOrder, searchText, usernameOrder, users } from "./users.table.ts";
