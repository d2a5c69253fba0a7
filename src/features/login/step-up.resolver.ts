import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { ProvesCredential } from "../../platform/schema/access.ts";
import type { SignedIn } from "../../platform/schema/context.ts";
import { badInput } from "../../shared/errors.ts";
import { type Session, SessionType } from "../sessions/index.ts";
import { ReauthenticateInput } from "./step-up.graphql.ts";
import type { StepUpProof, StepUpService } from "./step-up.service.ts";

@Resolver()
export class StepUpResolver {
  readonly #stepUp: StepUpService;

  constructor({ stepUp }: { stepUp: StepUpService }) {
    this.#stepUp = stepUp;
  }

  @ProvesCredential()
  @Mutation(() => SessionType, {
    description:
      "Proves a credential again on this session: the way back from REAUTHENTICATION_REQUIRED. For ten minutes, fields marked @reauth are " +
      "open then. FORBIDDEN/INCORRECT_PASSWORD, INVALID_CODE or INVALID_CREDENTIALS where it is wrong; REAUTHENTICATION_REQUIRED where a " +
      "password is too little, because a second factor is on that this session has not proved.",
  })
  reauthenticate(
    @Arg("input", () => ReauthenticateInput, { description: "The proof." }) input: ReauthenticateInput,
    @Ctx() { viewer, client }: SignedIn,
  ): Promise<Session> {
    return this.#stepUp.reauthenticate(viewer, client, proofIn(input));
  }
}

const proofIn = ({ password, totpCode, emailCode, passkey }: ReauthenticateInput): StepUpProof => {
  const given: StepUpProof[] = [];
  if (password != null) given.push({ kind: "PASSWORD", password });
  if (totpCode != null) given.push({ kind: "TOTP", code: totpCode });
  if (emailCode != null) given.push({ kind: "EMAIL_CODE", code: emailCode });
  if (passkey != null) given.push({ kind: "PASSKEY", proof: passkey });
  const [proof, ...more] = given;
  if (proof === undefined || more.length > 0) throw badInput({ path: "input", message: "Give one proof." });
  return proof;
};
