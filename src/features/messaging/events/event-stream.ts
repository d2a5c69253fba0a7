import {
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { Logger } from "#platform/logging";
import type { NatsConnection } from "#platform/nats/index";
import { DAY, MINUTE } from "#shared/durations";
import { EVENT_TYPES } from "./event-schemas.ts";

/** How long the stream that we make keeps events: what is personal in them goes after that, too. In milliseconds. */
const KEPT = 30 * DAY;

/** An event that is sent again within this time is stored once, in milliseconds. */
const DUPLICATE_WINDOW = 10 * MINUTE;

/** What JetStream says: there is no such stream; another replica was faster, with other limits; the subjects are another's. */
const NOT_FOUND = 10_059;
const NAME_TAKEN = 10_058;
const SUBJECTS_TAKEN = 10_065;

export interface EventStreamDeps {
  /** The stream's name. */
  readonly name: string;
  /** What is asked over NATS: a stream that kept these would answer in our place. */
  readonly requestSubjects: readonly string[];
  readonly log: Logger;
}

/** The stream that keeps the events. */
export class EventStream {
  constructor(private readonly deps: EventStreamDeps) {}

  /** Makes the stream where there is none; one that is there is somebody's, and stays as it is. Throws where JetStream is off. */
  async ensure(connection: NatsConnection): Promise<void> {
    const manager = await jetstreamManager(connection);
    if (!(await this.#exists(manager))) await this.#create(manager);
    await this.#warnOfGaps(manager);
  }

  #exists(manager: JetStreamManager): Promise<boolean> {
    return manager.streams.info(this.deps.name).then(() => true, ifCode([NOT_FOUND], false));
  }

  async #create(manager: JetStreamManager): Promise<void> {
    const { log, name } = this.deps;
    const stream = {
      name,
      subjects: [...EVENT_TYPES],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      max_age: nanos(KEPT),
      duplicate_window: nanos(DUPLICATE_WINDOW),
    };
    const made = await manager.streams.add(stream).then(() => true, ifCode([NAME_TAKEN, SUBJECTS_TAKEN], false));
    if (made) log.info({ stream: name }, "the stream for events exists");
    else log.warn({ stream: name }, "another stream keeps events already: none is made");
  }

  /** Says what only an operator can put right. */
  async #warnOfGaps(manager: JetStreamManager): Promise<void> {
    const { log, requestSubjects } = this.deps;
    for (const subject of EVENT_TYPES)
      if ((await streamsOf(manager, subject)).length === 0)
        log.warn({ subject }, "no stream keeps these events: they wait, and later ones of the same users with them");
    for (const subject of requestSubjects)
      for (const stream of await streamsOf(manager, subject))
        log.error(
          { subject, stream },
          "a stream captures requests and answers them instead of Portcullis: remove the subject from the stream",
        );
  }
}

/** The names of the streams that keep a subject. */
const streamsOf = (manager: JetStreamManager, subject: string): Promise<string[]> =>
  manager.streams.names(subject).next();

/** Takes these refusals of JetStream's for an answer. */
const ifCode =
  <Answer>(codes: readonly number[], answer: Answer) =>
  (error: unknown): Answer => {
    if (error instanceof JetStreamApiError && codes.includes(error.code)) return answer;
    throw error;
  };
