import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { errorOf } from "../../client/index.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { Checkbox } from "../kit/choice-fields.tsx";
import { Details, Skeleton, Time } from "../kit/display.tsx";
import { Form, type FormValues } from "../kit/form.tsx";
import { Muted, Stack } from "../kit/layout.tsx";
import { CodeField } from "../kit/text-fields.tsx";
import { request } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import { Done, InvalidLink, isInvalidLink, LinkPage } from "./link-page.tsx";
import {
  CheckLoginLinkDocument,
  type CheckLoginLinkMutation,
  ConfirmLoginDocument,
  DenyLoginDocument,
} from "./links.documents.ts";

type State = "ASKING" | "CONFIRMED" | "DENIED" | "INVALID" | "WRONG_NUMBER";

type Login = NonNullable<CheckLoginLinkMutation["payload"]["login"]>;

export const ConfirmLoginPage = () => (
  <LinkPage kind="confirmLogin">{(token) => <ConfirmLogin token={token} />}</LinkPage>
);

/** “Is this you?” A login waits: *Yes* with the number that it shows, or *No*, which ends every session. */
const ConfirmLogin = ({ token }: { readonly token: string }) => {
  const { t } = useTranslation("links");
  const [state, setState] = useState<State>("ASKING");
  const [login, setLogin] = useState<Login | null>(null);
  useEffect(() => {
    // If the API cannot say, the answer is still possible: the mail names the device, too.
    const check = request(CheckLoginLinkDocument, { input: { token } });
    check.then((found) => (found.login ? setLogin(found.login) : setState("INVALID"))).catch(() => {});
  }, [token]);
  switch (state) {
    case "CONFIRMED":
      return <Done title={t("confirmLogin.doneTitle")}>{t("confirmLogin.done")}</Done>;
    case "DENIED":
      return <Done title={t("denyLogin.doneTitle")}>{t("denyLogin.done")}</Done>;
    case "INVALID":
      return <InvalidLink kind="confirmLogin" next={{ href: "/sign-in", label: t("toSignIn") }} />;
    case "WRONG_NUMBER":
      return <WrongNumber />;
    case "ASKING":
      return <Question token={token} login={login} onAnswered={setState} />;
  }
};

interface QuestionProps {
  readonly token: string;
  /** Null until it is loaded. */
  readonly login: Login | null;
  readonly onAnswered: (state: State) => void;
}

const Question = ({ token, login, onAnswered }: QuestionProps) => {
  const { t } = useTranslation("links");
  const answer = (state: State, send: () => Promise<unknown>) => async () => {
    try {
      await send();
      onAnswered(state);
    } catch (thrown) {
      if (isInvalidLink(thrown)) return onAnswered("INVALID");
      if (errorOf(thrown)?.code === "INVALID_CODE") return onAnswered("WRONG_NUMBER");
      throw thrown;
    }
  };
  const confirm = ({ number = "", trust }: FormValues) =>
    answer("CONFIRMED", () =>
      request(ConfirmLoginDocument, { input: { token, number, trustDevice: trust !== undefined } }),
    )();
  const deny = answer("DENIED", () => request(DenyLoginDocument, { input: { token } }));
  return (
    <CardPage title={t("confirmLogin.title")} description={t("confirmLogin.text")}>
      <Stack>
        {login ? <Observed login={login} /> : <Skeleton lines={4} />}
        <Form onSubmit={confirm}>
          {(busy) => (
            <>
              <CodeField name="number" label={t("confirmLogin.number")} maxLength={5} isRequired autoFocus />
              <Checkbox name="trust">{t("confirmLogin.trust")}</Checkbox>
              <Button type="submit" variant="primary" wide isPending={busy}>
                {t("confirmLogin.yes")}
              </Button>
            </>
          )}
        </Form>
        <Form onSubmit={deny}>
          {(busy) => (
            <Button type="submit" variant="danger" wide isPending={busy}>
              {t("confirmLogin.no")}
            </Button>
          )}
        </Form>
      </Stack>
    </CardPage>
  );
};

/** What the server observed, never a name that the other device gave itself. */
const Observed = ({ login }: { readonly login: Login }) => {
  const { t } = useTranslation("links");
  const { device, location, ipAddress, startedAt } = login;
  return (
    <Details
      items={[
        [t("confirmLogin.device"), device],
        [t("confirmLogin.place"), location && <Place label={location.label} />],
        [t("confirmLogin.address"), <bdi key="address">{ipAddress}</bdi>],
        [t("confirmLogin.time"), <Time key="time" at={startedAt} exact />],
      ]}
    />
  );
};

/** The licence of the location data asks for the link. */
const Place = ({ label }: { readonly label: string }) => {
  const { t } = useTranslation("links");
  return (
    <>
      {label}{" "}
      <Muted small>
        (
        <a href="https://db-ip.com" rel="noreferrer">
          {t("confirmLogin.placeSource")}
        </a>
        )
      </Muted>
    </>
  );
};

/** The login has ended, because who started it should know the number. */
const WrongNumber = () => {
  const { t } = useTranslation("links");
  return (
    <CardPage title={t("confirmLogin.wrongTitle")}>
      <Alert tone="danger">{t("confirmLogin.wrong")}</Alert>
    </CardPage>
  );
};
