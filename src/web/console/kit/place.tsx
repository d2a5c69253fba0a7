import { Muted } from "../../kit/layout.tsx";

interface PlaceProps {
  /** What happened there, or the device. */
  readonly title: string;
  readonly location: { readonly label: string } | null;
  readonly ipAddress: string | null;
}

/** A device with the place and the address that it was at. */
export const Place = ({ title, location, ipAddress }: PlaceProps) => (
  <div>
    <bdi>{title}</bdi>
    <div>
      <Muted small>
        {location && <bdi>{location.label}</bdi>}
        {location && ipAddress && " · "}
        {ipAddress && <bdi dir="ltr">{ipAddress}</bdi>}
      </Muted>
    </div>
  </div>
);
