import { expect, it } from "vitest";
import { LocalAnnouncements } from "../../platform/announcements/index.ts";
import type { ChallengeId } from "../../shared/ids.ts";
import { ChallengeProgress, type LoginProgress } from "./challenge-progress.ts";
import { channelOfChallenge } from "./challenges.policy.ts";

const ID = "01920000-0000-7000-8000-00000000000a" as ChallengeId;
const now = new Date("2026-01-01T00:00:00Z");

it("tells what changed while it first looked after what it saw then, not before", async () => {
  const announcements = new LocalAnnouncements();
  const looks: ((progress: LoginProgress) => void)[] = [];
  const progress = new ChallengeProgress({
    clock: { now: () => now },
    challenges: { idOf: () => ID, status: () => new Promise((resolve) => looks.push(resolve)) },
    announcements,
    log: { warn: () => {} },
  });
  const following = progress.follow("token");
  announcements.publish(channelOfChallenge(ID), "");
  await new Promise(setImmediate);
  // Whoever looked last may be answered first.
  const expiresAt = new Date("2026-01-01T00:10:00Z");
  looks[1]?.({ status: "CONFIRMED", expiresAt });
  await new Promise(setImmediate);
  looks[0]?.({ status: "WAITING", expiresAt });
  const feed = await following;
  await expect.poll(() => looks.length).toBe(2);
  looks[1]?.({ status: "CONFIRMED", expiresAt });
  const told = [await feed.next(), await feed.next()].map(({ value }) => value?.status);
  expect(told).toEqual(["WAITING", "CONFIRMED"]);
  await feed.return?.();
});
