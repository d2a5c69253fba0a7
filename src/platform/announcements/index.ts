export { type Announcements, LocalAnnouncements } from "./announcements.ts";
export { Feed } from "./feed.ts";
export { RedisAnnouncements } from "./redis-announcements.ts";
