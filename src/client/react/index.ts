"use client";

export { type GateProps, RequireAuth, type RequireAuthProps, SignedIn, SignedOut } from "./gates.tsx";
export { useAuth, useLogin, useReauthenticate, useSession, useUser } from "./hooks.ts";
export { AuthProvider, type AuthProviderProps } from "./provider.tsx";
export type { UserState, UserStore } from "./user-store.ts";
