/** Where the user wants to go after signing in, and the tenant whose brand and providers the page shows. */
export interface SignInSearch {
  readonly return_to?: string;
  readonly tenant?: string;
}
