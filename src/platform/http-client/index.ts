export { HttpClientError, type HttpClientFailure } from "./http-client-error.ts";
export {
  type HttpRequest,
  type HttpResponse,
  type Resolve,
  SafeHttpClient,
} from "./safe-http-client.ts";
