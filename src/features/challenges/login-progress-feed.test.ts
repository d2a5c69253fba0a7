import { expect, it } from "vitest";
import { InMemoryPubSub } from "#platform/pubsub/index";
import type { ChallengeId } from "#shared/ids";
import { challengeChannel } from "./challenges.policy.ts";
import { type LoginProgress, LoginProgressFeed } from "./login-progress-feed.ts";

const ID = "01920000-0000-7000-8000-00000000000a" as ChallengeId;
const now = new Date("2026-01-01T00:00:00Z");

const EXPIRES_AT = new Date("2026-01-01T00:10:00Z");

/** Pending logins whose status reads complete when the test says so. */
const build = () => {
  const pubsub = new InMemoryPubSub();
  const looks: ((status: LoginProgress["status"]) => void)[] = [];
  const status = () =>
    new Promise<LoginProgress>((resolve) => looks.push((status) => resolve({ status, expiresAt: EXPIRES_AT })));
  const progress = new LoginProgressFeed({
    clock: { now: () => now },
    challenges: { idOf: () => ID, status },
    pubsub,
    log: { warn: () => {} },
  });
  return { pubsub, looks, progress, publish: () => pubsub.publish(challengeChannel(ID), "") };
};

it("reports a change made during the first read after the result of that read", async () => {
  const { progress, looks, publish } = build();
  const following = progress.subscribe("token");
  publish();
  await new Promise(setImmediate);
  // The later read may complete first.
  looks[1]?.("CONFIRMED");
  await new Promise(setImmediate);
  looks[0]?.("WAITING");
  const feed = await following;
  await expect.poll(() => looks.length).toBe(2);
  looks[1]?.("CONFIRMED");
  const statuses = [await feed.next(), await feed.next()].map(({ value }) => value?.status);
  expect(statuses).toEqual(["WAITING", "CONFIRMED"]);
  await feed.return?.();
});

it("reads the status once for all followers of a login, and stops when the last one leaves", async () => {
  const { progress, looks, publish, pubsub } = build();
  const following = Array.from({ length: 50 }, () => progress.subscribe("token"));
  looks[0]?.("WAITING");
  const feeds = await Promise.all(following);
  publish();
  await expect.poll(() => looks.length).toBe(2);
  // A follower that leaves does not end the others; a new follower receives the current status.
  await feeds.pop()?.return?.();
  feeds.push(await progress.subscribe("token"));
  looks[1]?.("DENIED");
  for (const feed of feeds) {
    const statuses = [await feed.next(), await feed.next(), await feed.next()];
    expect(statuses.map(({ value }) => value?.status)).toEqual(["WAITING", "DENIED", undefined]);
  }
  expect(looks).toHaveLength(2);
  expect(pubsub.channels).toBe(0);
});
