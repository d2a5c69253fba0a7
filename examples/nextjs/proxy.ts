import { type NextRequest, NextResponse } from "next/server";
import { auth } from "./lib/auth";

/** Keeps the user signed in before a page is rendered. The helpers in the browser refresh what they send to /graphql. */
export const proxy = (request: NextRequest) => auth.handle(request, () => NextResponse.next());

export const config = { matcher: ["/((?!graphql|_next/static|_next/image|favicon.ico).*)"] };
