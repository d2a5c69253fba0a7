import { Muted } from "../../kit/layout.tsx";

/** A person by name, with the address below; by the address alone if there is no name. */
export const PersonName = ({
  person: { name, email },
}: {
  readonly person: { name: string | null; email: string };
}) => (
  <div>
    <strong>
      <bdi>{name ?? email}</bdi>
    </strong>
    {name && (
      <div>
        <Muted small>
          <bdi>{email}</bdi>
        </Muted>
      </div>
    )}
  </div>
);
