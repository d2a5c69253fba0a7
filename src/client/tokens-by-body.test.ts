import { describeTokens } from "../../test/support/clients/tokens-suite.ts";

describeTokens("BODY");
