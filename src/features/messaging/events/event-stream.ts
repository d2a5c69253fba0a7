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

/** How long a stream created by Portcullis keeps events. Their personal data is deleted after that, too. */
const RETENTION_MS = 30 * DAY;

/** The time within which a duplicate event is stored once. */
const DUPLICATE_WINDOW_MS = 10 * MINUTE;

/** JetStream error codes: no such stream; another replica created it first, with other limits; another stream has the subjects. */
const NOT_FOUND = 10_059;
const NAME_TAKEN = 10_058;
const SUBJECTS_TAKEN = 10_065;

export interface EventStreamDeps {
  /** The stream's name. */
  readonly name: string;
  /** The subjects of requests over NATS. A stream that captured these would reply instead of Portcullis. */
  readonly requestSubjects: readonly string[];
  readonly log: Logger;
}

/** The stream that stores the events. */
export class EventStream {
  constructor(private readonly deps: EventStreamDeps) {}

  /**
   * Creates the stream if it does not exist. An existing stream is left unchanged, because it may be managed by others.
   * @throws if JetStream is not enabled
   */
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
      max_age: nanos(RETENTION_MS),
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    };
    const made = await manager.streams.add(stream).then(() => true, ifCode([NAME_TAKEN, SUBJECTS_TAKEN], false));
    if (made) log.info({ stream: name }, "the event stream is ready");
    else log.warn({ stream: name }, "another stream already stores the events; no stream is created");
  }

  /** Logs problems that only an operator can fix. */
  async #warnOfGaps(manager: JetStreamManager): Promise<void> {
    const { log, requestSubjects } = this.deps;
    for (const subject of EVENT_TYPES)
      if ((await streamsOf(manager, subject)).length === 0)
        log.warn({ subject }, "no stream stores these events: they stay queued, with later events of the same users");
    for (const subject of requestSubjects)
      for (const stream of await streamsOf(manager, subject))
        log.error(
          { subject, stream },
          "a stream captures requests and replies instead of Portcullis: remove the subject from the stream",
        );
  }
}

/** The names of the streams that store a subject. */
const streamsOf = (manager: JetStreamManager, subject: string): Promise<string[]> =>
  manager.streams.names(subject).next();

/** Returns `answer` for these JetStream error codes, and rethrows other errors. */
const ifCode =
  <Answer>(codes: readonly number[], answer: Answer) =>
  (error: unknown): Answer => {
    if (error instanceof JetStreamApiError && codes.includes(error.code)) return answer;
    throw error;
  };
