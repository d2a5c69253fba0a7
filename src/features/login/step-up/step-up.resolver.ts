import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { CredentialMutation } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { badInput } from "#shared/errors";
import { ReauthenticateInput, ReauthenticatePayload } from "./step-up.graphql.ts";
import type { SteppedUp, StepUpCredential, StepUpService } from "./step-up.service.ts";

@Resolver()
export class StepUpResolver {
  constructor(private readonly deps: { stepUp: StepUpService }) {}

  @CredentialMutation()
  @Fails(
    "BAD_REQUEST",
    "BAD_REQUEST/NO_PASSWORD_SET",
    "FORBIDDEN/INCORRECT_PASSWORD",
    "FORBIDDEN/NOT_A_MEMBER",
    "INVALID_CODE",
    "INVALID_CREDENTIALS",
    "REAUTHENTICATION_REQUIRED",
  )
  @Mutation(() => ReauthenticatePayload, {
    description:
      "Verifies a credential again on this session (step-up), for calls that require it. Only the access token that it returns " +
      "grants access to fields marked @reauth, for ten minutes. The session's other tokens do not change. The tenth wrong " +
      "proof in a row ends the session. A password is not enough if the caller has a second factor.",
  })
  reauthenticate(
    @Arg("input", () => ReauthenticateInput, { description: "The proof." }) input: ReauthenticateInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<SteppedUp> {
    return this.deps.stepUp.reauthenticate(viewer, client, credentialIn(input));
  }
}

const credentialIn = ({ password, totpCode, emailCode, passkey }: ReauthenticateInput): StepUpCredential => {
  const given: StepUpCredential[] = [];
  if (password != null) given.push({ kind: "PASSWORD", password });
  if (totpCode != null) given.push({ kind: "TOTP", code: totpCode });
  if (emailCode != null) given.push({ kind: "EMAIL_CODE", code: emailCode });
  if (passkey != null) given.push({ kind: "PASSKEY", proof: passkey });
  const [proof, ...more] = given;
  if (proof === undefined || more.length > 0) throw badInput({ path: "input", message: "Provide exactly one proof." });
  return proof;
};
