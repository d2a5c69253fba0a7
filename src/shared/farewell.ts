/**
 * The last that somebody is told whose session has just ended: delivered though nobody is signed in there any more. So it
 * holds nothing but that the session ended.
 */
export class Farewell<Event> {
  readonly event: Event;

  constructor(event: Event) {
    this.event = event;
  }
}
