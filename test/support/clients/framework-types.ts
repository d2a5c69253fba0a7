/** The declarations of frameworks that the guides use, because the frameworks themselves are not installed here. */
export const FRAMEWORK_TYPES = `
declare module "next/server" {
  export class NextRequest extends Request { readonly nextUrl: URL }
  export class NextResponse extends Response { static next(): NextResponse }
}
declare module "next/headers" {
  export function headers(): Promise<Pick<Headers, "get" | "has" | "entries">>;
  export interface ResponseCookie {
    name: string; value: string; path?: string; secure?: boolean; httpOnly?: boolean; maxAge?: number;
    sameSite?: true | false | "lax" | "strict" | "none";
  }
  export function cookies(): Promise<{ set(cookie: ResponseCookie): void }>;
}
declare module "next/navigation" { export function redirect(url: string): never }
declare module "react-router" {
  export interface LoaderFunctionArgs { request: Request }
  export interface ActionFunctionArgs { request: Request }
  export interface ServerBuild { readonly routes: object }
  export function redirect(url: string, init?: ResponseInit): Response;
  export function createRequestHandler(build: ServerBuild): (request: Request) => Promise<Response>;
}
declare module "@sveltejs/kit" {
  export interface RequestEvent { readonly request: Request }
  export type MaybePromise<T> = T | Promise<T>;
  export type Handle = (input: {
    event: RequestEvent; resolve(event: RequestEvent): MaybePromise<Response>;
  }) => MaybePromise<Response>;
  export type RequestHandler = (event: RequestEvent) => MaybePromise<Response>;
}
declare module "expo-secure-store" {
  export interface SecureStoreOptions { keychainAccessible?: number; requireAuthentication?: boolean }
  export const AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: number;
  export function getItemAsync(key: string, options?: SecureStoreOptions): Promise<string | null>;
  export function setItemAsync(key: string, value: string, options?: SecureStoreOptions): Promise<void>;
  export function deleteItemAsync(key: string, options?: SecureStoreOptions): Promise<void>;
}
declare module "react-native" {
  export type AppStateStatus = "active" | "background" | "inactive";
  export const AppState: {
    addEventListener(type: "change", listener: (state: AppStateStatus) => void): { remove(): void };
  };
}
declare module "expo-linking" {
  export function getInitialURL(): Promise<string | null>;
  export function addEventListener(type: "url", handler: (event: { url: string }) => void): { remove(): void };
}
declare module "react-native-passkeys" {
  export function get(request: Record<string, unknown>): Promise<Record<string, unknown> | null>;
}
`;
