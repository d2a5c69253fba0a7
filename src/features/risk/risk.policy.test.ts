import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GeoLocation } from "#shared/client-info";
import { DAY, HOUR, SECOND } from "#shared/durations";
import type { RiskLevel, RiskSignalKind } from "#shared/risk";
import { assess, type LoginFacts, type LoginHistory } from "./risk.policy.ts";

const at = new Date("2026-03-10T09:30:00Z");
const ago = (milliseconds: number) => new Date(at.getTime() - milliseconds);

/** On a sphere with the earth's mean radius. */
const KILOMETRES_PER_DEGREE = (6_371 * Math.PI) / 180;

const kualaLumpur: GeoLocation = {
  label: "Kuala Lumpur, Malaysia",
  city: "Kuala Lumpur",
  region: "Kuala Lumpur",
  countryCode: "MY",
  coordinates: { latitude: 3.14, longitude: 101.69 },
};
const berlin: GeoLocation = {
  label: "Berlin, Germany",
  city: "Berlin",
  region: "Berlin",
  countryCode: "DE",
  coordinates: { latitude: 52.52, longitude: 13.41 },
};

/** Another city, so many kilometres north of Kuala Lumpur. */
const northOfHome = (kilometres: number, name: Partial<GeoLocation> = {}): GeoLocation => ({
  label: "Elsewhere, Thailand",
  city: "Elsewhere",
  region: "Elsewhere",
  countryCode: "TH",
  coordinates: { latitude: 3.14 + kilometres / KILOMETRES_PER_DEGREE, longitude: 101.69 },
  ...name,
});

/** The user's laptop, at home, at a usual hour: no signals. */
const usual: LoginFacts = {
  at,
  location: kualaLumpur,
  knownDevice: true,
  anonymousNetwork: false,
  suspiciousAddress: false,
};

/** A user who logs in at home in the morning, but not often recently. */
const settled: LoginHistory = {
  successes: 40,
  recentSuccesses: 4,
  lastSuccessAt: ago(2 * DAY),
  locations: [kualaLumpur],
  formerLocations: [],
  hours: [8, 9],
  usualNetwork: false,
  lastPlaced: { at: ago(2 * DAY), place: kualaLumpur },
  failures: 0,
};

const NO_HISTORY: LoginHistory = {
  successes: 0,
  recentSuccesses: 0,
  lastSuccessAt: null,
  locations: [],
  formerLocations: [],
  hours: [],
  usualNetwork: false,
  lastPlaced: null,
  failures: 0,
};

const kindsOf = (facts: Partial<LoginFacts>, history: Partial<LoginHistory> = {}): RiskSignalKind[] =>
  assess({ ...usual, ...facts }, { ...settled, ...history }).signals.map(({ kind }) => kind);

const assessmentOf = (facts: Partial<LoginFacts>, history: Partial<LoginHistory> = {}) =>
  assess({ ...usual, ...facts }, { ...settled, ...history });

describe("the worked examples", () => {
  it("a user's first login scores 35 and is allowed", () => {
    expect(assess({ ...usual, knownDevice: false }, NO_HISTORY)).toEqual({
      score: 35,
      level: "MEDIUM",
      signals: [
        { kind: "NEW_DEVICE", points: 20 },
        { kind: "NEW_LOCATION", points: 15 },
      ],
    });
  });

  it("a new laptop far away scores 45 and must be confirmed", () => {
    expect(assessmentOf({ knownDevice: false, location: berlin })).toEqual({
      score: 45,
      level: "ELEVATED",
      signals: [
        { kind: "NEW_DEVICE", points: 20 },
        { kind: "NEW_LOCATION", points: 15 },
        { kind: "FAR_FROM_HOME", points: 10 },
      ],
    });
  });

  it("a new device at a new location, after failures, at an unusual hour, through a VPN scores 80 and needs a second factor", () => {
    const facts = { knownDevice: false, location: northOfHome(300), anonymousNetwork: true };
    expect(assessmentOf(facts, { failures: 3, hours: [14, 15] })).toEqual({
      score: 80,
      level: "HIGH",
      signals: [
        { kind: "NEW_DEVICE", points: 20 },
        { kind: "NEW_LOCATION", points: 15 },
        { kind: "RECENT_FAILURES", points: 25 },
        { kind: "UNUSUAL_TIME", points: 10 },
        { kind: "ANONYMOUS_NETWORK", points: 10 },
      ],
    });
  });

  it("a known device at home scores 0, and a good history does not make it negative", () => {
    expect(assessmentOf({})).toEqual({ score: 0, level: "LOW", signals: [] });
    expect(assessmentOf({}, { recentSuccesses: 30 })).toEqual({
      score: 0,
      level: "LOW",
      signals: [{ kind: "GOOD_HISTORY", points: -10 }],
    });
  });

  it("an attacker far away who was denied before scores 70 and needs a second factor", () => {
    const unknownDevice = { knownDevice: false, location: berlin };
    expect(assessmentOf({ ...unknownDevice, suspiciousAddress: true })).toMatchObject({ score: 70, level: "HIGH" });
  });
});

describe("each signal by itself", () => {
  const odd = { hours: [8, 10] };
  const cases: [RiskSignalKind, number, string, Partial<LoginFacts>, Partial<LoginHistory>][] = [
    ["NEW_DEVICE", 20, "an unknown device", { knownDevice: false }, {}],
    ["NEW_LOCATION", 15, "another city and region", { location: northOfHome(50) }, {}],
    [
      "FAR_FROM_HOME",
      10,
      "the other end of a large region",
      {
        location: northOfHome(500.01, {
          ...kualaLumpur,
          coordinates: northOfHome(500.01).coordinates,
          city: "Elsewhere",
        }),
      },
      {},
    ],
    ["RECENT_FAILURES", 25, "three failures", {}, { failures: 3 }],
    ["UNUSUAL_TIME", 10, "an hour outside those of ten logins", {}, { ...odd, successes: 10 }],
    ["ANONYMOUS_NETWORK", 10, "a VPN", { anonymousNetwork: true }, {}],
    ["SUSPICIOUS_IP", 25, "the network of a denied login", { suspiciousAddress: true }, {}],
    ["IMPOSSIBLE_TRAVEL", 30, "901 km within an hour", {}, { lastPlaced: { at: ago(HOUR), place: northOfHome(901) } }],
    ["DORMANT", 15, "no success for more than 90 days", {}, { lastSuccessAt: ago(90 * DAY + 1) }],
  ];

  it.each(cases)("%s is %i points for %s", (kind, points, _when, facts, history) => {
    expect(assessmentOf(facts, history)).toMatchObject({ score: points, signals: [{ kind, points }] });
  });

  it("GOOD_HISTORY subtracts 10 points after five successful logins on a known device", () => {
    const anonymous = { anonymousNetwork: true };
    expect(assessmentOf(anonymous, { recentSuccesses: 4 }).score).toBe(10);
    expect(assessmentOf(anonymous, { recentSuccesses: 5 }).score).toBe(0);
    expect(kindsOf({ knownDevice: false }, { recentSuccesses: 5 })).toEqual(["NEW_DEVICE"]);
  });

  it.each<[string, Partial<LoginFacts>, Partial<LoginHistory>]>([
    ["two failures", {}, { failures: 2 }],
    ["a success 90 days ago", {}, { lastSuccessAt: ago(90 * DAY) }],
    ["an account that was never used", {}, { ...NO_HISTORY, usualNetwork: true }],
    ["an hour outside those of only nine logins", {}, { ...odd, successes: 9 }],
    ["the first instant of a usual hour", { at: new Date("2026-03-10T09:00:00.000Z") }, { hours: [9] }],
    ["the last instant of a usual hour", { at: new Date("2026-03-10T09:59:59.999Z") }, { hours: [9] }],
    ["the same city with another region name", { location: { ...kualaLumpur, region: "Selangor" } }, {}],
    [
      "another city of the same region",
      { location: northOfHome(60, { countryCode: "MY", region: "Kuala Lumpur" }) },
      {},
    ],
  ])("%s is not a signal", (_what, facts, history) => {
    expect(kindsOf(facts, history)).toEqual([]);
  });
});

describe("a new location", () => {
  it("is a city of the same name in another country", () => {
    expect(kindsOf({ location: { ...kualaLumpur, countryCode: "SG" } })).toEqual(["NEW_LOCATION"]);
  });

  it("is a location of which only the country is known", () => {
    const malaysia: GeoLocation = { ...kualaLumpur, label: "Malaysia", city: null, region: null };
    expect(kindsOf({ location: malaysia }, { locations: [malaysia] })).toEqual(["NEW_LOCATION"]);
    expect(kindsOf({ location: malaysia }, { locations: [malaysia], usualNetwork: true })).toEqual([]);
  });

  it("is not reported on a usual network, even if the location database moved it or no longer lists it", () => {
    expect(kindsOf({ location: northOfHome(2_000) }, { usualNetwork: true, lastPlaced: null })).toEqual([]);
    expect(kindsOf({ location: null }, { usualNetwork: true })).toEqual([]);
  });

  it("is also far if only the location of earlier logins is known", () => {
    expect(kindsOf({ location: null })).toEqual(["NEW_LOCATION", "FAR_FROM_HOME"]);
    expect(kindsOf({ location: { ...berlin, coordinates: null } })).toEqual(["NEW_LOCATION", "FAR_FROM_HOME"]);
  });

  it("is not far if no earlier location has coordinates", () => {
    const unplaced = { lastPlaced: null };
    expect(kindsOf({ location: null }, { ...unplaced, locations: [] })).toEqual(["NEW_LOCATION"]);
    expect(kindsOf({ location: berlin }, { ...unplaced, locations: [] })).toEqual(["NEW_LOCATION"]);
    expect(kindsOf({ location: berlin }, { ...unplaced, locations: [{ ...kualaLumpur, coordinates: null }] })).toEqual([
      "NEW_LOCATION",
    ]);
  });

  it.each([
    [499.99, ["NEW_LOCATION"]],
    [500.01, ["NEW_LOCATION", "FAR_FROM_HOME"]],
  ])("%d km from home is %j", (kilometres, kinds) => {
    expect(kindsOf({ location: northOfHome(kilometres) })).toEqual(kinds);
  });

  it("is near if it is near any usual location", () => {
    expect(
      kindsOf(
        { location: northOfHome(900) },
        { locations: [berlin, kualaLumpur, northOfHome(1_000, { city: "Ranong", region: "Ranong" })] },
      ),
    ).toEqual(["NEW_LOCATION"]);
  });

  it("is compared by name if the usual location of that name has no coordinates", () => {
    const places = [berlin, { ...kualaLumpur, coordinates: null }];
    expect(kindsOf({}, { locations: places, lastPlaced: null })).toEqual([]);
    expect(kindsOf({ location: northOfHome(1) }, { locations: places, lastPlaced: null })).toEqual([
      "NEW_LOCATION",
      "FAR_FROM_HOME",
    ]);
  });
});

describe("travel", () => {
  const travel = (kilometres: number, milliseconds: number) =>
    kindsOf({}, { lastPlaced: { at: ago(milliseconds), place: northOfHome(kilometres) } });

  it.each([
    [899.9, HOUR, false],
    [900.1, HOUR, true],
    [9_000, 10 * HOUR + SECOND, false],
    [9_000, 10 * HOUR - 5 * SECOND, true],
  ])("of %d km in %i ms is impossible: %s", (kilometres, milliseconds, impossible) => {
    expect(travel(kilometres, milliseconds).includes("IMPOSSIBLE_TRAVEL")).toBe(impossible);
  });

  it("of less than 100 km is ignored as inaccuracy of the location database, even within one instant", () => {
    expect(travel(99.9, 0)).toEqual([]);
    expect(travel(99.9, SECOND)).toEqual([]);
    expect(travel(100.1, 0)).toEqual(["IMPOSSIBLE_TRAVEL"]);
    expect(travel(100.1, 6 * 60 * SECOND)).toEqual(["IMPOSSIBLE_TRAVEL"]);
    expect(travel(100.1, 7 * 60 * SECOND)).toEqual([]);
  });

  it("counts as instantaneous if the clock was set back, or another replica's clock is ahead", () => {
    expect(travel(1_000, -2 * HOUR)).toEqual(["IMPOSSIBLE_TRAVEL"]);
    expect(travel(10, -5 * SECOND)).toEqual([]);
  });

  it("needs both locations", () => {
    const lastPlaced = { at: ago(SECOND), place: berlin };
    const onceInBerlin = { locations: [kualaLumpur, berlin], lastPlaced };
    expect(kindsOf({}, onceInBerlin)).toEqual(["IMPOSSIBLE_TRAVEL"]);
    expect(kindsOf({ location: { ...kualaLumpur, coordinates: null } }, onceInBerlin)).toEqual([]);
    expect(kindsOf({}, { ...onceInBerlin, lastPlaced: null })).toEqual([]);
  });
});

it.each<[number, RiskLevel, Partial<LoginFacts>, Partial<LoginHistory>]>([
  [25, "LOW", { suspiciousAddress: true }, {}],
  [30, "MEDIUM", { knownDevice: false, anonymousNetwork: true }, {}],
  [35, "MEDIUM", { suspiciousAddress: true, anonymousNetwork: true }, {}],
  [40, "ELEVATED", { location: northOfHome(50) }, { failures: 3 }],
  [65, "ELEVATED", { location: northOfHome(50), suspiciousAddress: true }, { failures: 3 }],
  [70, "HIGH", { knownDevice: false, suspiciousAddress: true }, { failures: 3 }],
])("a score of %i is %s", (score, level, facts, history) => {
  expect(assessmentOf(facts, history)).toMatchObject({ score, level });
});

describe("for any login and history", () => {
  const name = fc.constantFrom("A", "B", "C", null);
  const place: fc.Arbitrary<GeoLocation> = fc.record({
    label: fc.constant("Somewhere"),
    city: name,
    region: name,
    countryCode: fc.constantFrom("MY", "DE", null),
    // Anywhere on earth or around the corner: distances on both sides of every threshold.
    coordinates: fc.option(
      fc.oneof(
        fc.record({
          latitude: fc.double({ min: 0, max: 6, noNaN: true }),
          longitude: fc.double({ min: 0, max: 6, noNaN: true }),
        }),
        fc.record({
          latitude: fc.double({ min: -90, max: 90, noNaN: true }),
          longitude: fc.double({ min: -180, max: 180, noNaN: true }),
        }),
      ),
    ),
  });
  const instant = fc.date({ min: ago(10 * DAY), max: at, noInvalidDate: true });
  const anyFacts: fc.Arbitrary<LoginFacts> = fc.record({
    at: instant,
    location: fc.option(place),
    knownDevice: fc.boolean(),
    anonymousNetwork: fc.boolean(),
    suspiciousAddress: fc.boolean(),
  });
  const anyHistory: fc.Arbitrary<LoginHistory> = fc.record({
    successes: fc.nat(20),
    recentSuccesses: fc.nat(10),
    lastSuccessAt: fc.option(instant),
    locations: fc.array(place, { maxLength: 4 }),
    formerLocations: fc.array(place, { maxLength: 2 }),
    hours: fc.uniqueArray(fc.nat(23)),
    usualNetwork: fc.boolean(),
    lastPlaced: fc.option(fc.record({ at: instant, place })),
    failures: fc.nat(3),
  });

  it("the score is the sum of the signals, but never below 0", () => {
    fc.assert(
      fc.property(anyFacts, anyHistory, (facts, history) => {
        const { score, signals } = assess(facts, history);
        expect(score).toBe(
          Math.max(
            0,
            signals.reduce((sum, { points }) => sum + points, 0),
          ),
        );
        expect(new Set(signals.map(({ kind }) => kind)).size).toBe(signals.length);
      }),
    );
  });

  it("a worse circumstance never lowers the score", () => {
    type Login = readonly [LoginFacts, LoginHistory];
    const worsenings: Record<string, (login: Login) => Login> = {
      "an unknown device": ([facts, history]) => [{ ...facts, knownDevice: false }, history],
      "an anonymous network": ([facts, history]) => [{ ...facts, anonymousNetwork: true }, history],
      "a suspicious address": ([facts, history]) => [{ ...facts, suspiciousAddress: true }, history],
      "more failures": ([facts, history]) => [facts, { ...history, failures: history.failures + 1 }],
      "another network": ([facts, history]) => [facts, { ...history, usualNetwork: false }],
      "an unusual hour": ([facts, history]) => [
        facts,
        { ...history, hours: history.hours.filter((hour) => hour !== facts.at.getUTCHours()) },
      ],
      "no recent successes": ([facts, history]) => [facts, { ...history, recentSuccesses: 0 }],
      "less time to travel": ([facts, history]) => [
        facts,
        { ...history, lastPlaced: history.lastPlaced && { ...history.lastPlaced, at: facts.at } },
      ],
    };
    const anyWorsening = fc.constantFrom(...Object.keys(worsenings));
    fc.assert(
      fc.property(anyFacts, anyHistory, anyWorsening, (facts, history, name) => {
        const worse = worsenings[name]?.([facts, history]);
        if (!worse) throw new Error(name);
        expect(assess(...worse).score).toBeGreaterThanOrEqual(assess(facts, history).score);
      }),
      { numRuns: 1_000 },
    );
  });

  it("an idle account never has a lower score than while it was used", () => {
    /** The same history, two days or more ago, so that no travel was impossible. */
    const used = fc.tuple(anyFacts, anyHistory).map(([facts, history]): [LoginFacts, LoginHistory] => {
      const seenAt = new Date(facts.at.getTime() - 2 * DAY);
      const lastPlaced = history.lastPlaced && { ...history.lastPlaced, at: seenAt };
      return [facts, { ...history, lastPlaced, lastSuccessAt: history.successes > 0 ? seenAt : null }];
    });
    const idleFor = fc.integer({ min: 3, max: 400 }).map((days) => days * DAY);
    fc.assert(
      fc.property(used, idleFor, ([facts, history], idle) => {
        const lastSuccessAt = history.lastSuccessAt && new Date(facts.at.getTime() - idle);
        const forgotten = idle > 180 * DAY;
        const idleHistory: LoginHistory = {
          ...history,
          lastSuccessAt,
          lastPlaced: history.lastPlaced && { ...history.lastPlaced, at: new Date(facts.at.getTime() - idle) },
          recentSuccesses: idle > 30 * DAY ? 0 : history.recentSuccesses,
          locations: forgotten ? [] : history.locations,
          formerLocations: forgotten ? [...history.locations, ...history.formerLocations] : history.formerLocations,
          usualNetwork: !forgotten && history.usualNetwork,
        };
        expect(assess(facts, idleHistory).score).toBeGreaterThanOrEqual(assess(facts, history).score);
      }),
      { numRuns: 1_000 },
    );
  });

  it("without a location it has every signal that it has with one, except IMPOSSIBLE_TRAVEL", () => {
    fc.assert(
      fc.property(anyFacts, anyHistory, (facts, history) => {
        const placed = assess(facts, history).signals.map(({ kind }) => kind);
        const unplaced = assess({ ...facts, location: null }, history).signals.map(({ kind }) => kind);
        expect(unplaced).toEqual(expect.arrayContaining(placed.filter((kind) => kind !== "IMPOSSIBLE_TRAVEL")));
      }),
      { numRuns: 1_000 },
    );
  });
});
