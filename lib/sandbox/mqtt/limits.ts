/*
 * What AWS IoT lets one connection do.
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html
 */

/** Of a message, and of a whole CONNECT, in bytes. */
export const LARGEST_PAYLOAD = 131_072;
/** Of a whole packet, in bytes. AWS does not say; a message of the largest payload fits with all its properties. */
export const LARGEST_PACKET = 149_504;
/** Of a topic or filter, in bytes of UTF-8, and in slashes. */
export const LONGEST_TOPIC = 256;
export const MOST_SLASHES = 7;
/** In bytes of UTF-8. */
export const LONGEST_CLIENT_ID = 128;
export const LONGEST_SHARE_NAME = 128;
export const MOST_FILTERS_AT_ONCE = 8;
export const MOST_SUBSCRIPTIONS = 50;
/** QoS 1 messages that are not acknowledged yet, in each direction. */
export const MOST_IN_FLIGHT = 100;
export const MOST_TOPIC_ALIASES = 8;
/** Of all clients of an account together. */
export const CONNECTS_PER_SECOND = 500;
export const FILTERS_PER_SECOND = 500;
/** As how many messages that come an update of a shadow counts: it sets off three more. */
export const SHADOW_UPDATE_COUNTS = 4;
/** In seconds. */
export const SHORTEST_KEEP_ALIVE = 30;
export const LONGEST_KEEP_ALIVE = 1200;
/** How long a persistent session lives without a connection, in seconds: the account's quota. */
export const LONGEST_SESSION = 3600;
/** Of a v5 message, in seconds. */
export const LONGEST_EXPIRY = 604_800;
/** Stored messages that a resumed session gets in a second; of a shared subscription, twice as many. */
export const DRAIN_PER_SECOND = 10;
export const SHARED_DRAIN_PER_SECOND = 20;
/** When an unacknowledged message is sent again, and given up, in milliseconds. */
export const REDELIVERY_MS = 15_000;
export const GIVE_UP_MS = 3_600_000;
/** How long a WebSocket connection may last, in milliseconds. */
export const WEBSOCKET_MS = 24 * 3_600_000;
/** How long presence is remembered of a client that is gone, in milliseconds. */
export const REMEMBERED_MS = 3_600_000;

/*
 * The sandbox's own: AWS has limits here too, and publishes no number.
 */

/** Messages that wait for one client, and what may be written to one that does not read, in bytes. */
export const MOST_WAITING = 1000;
export const MOST_UNREAD = 1024 * 1024;
/** How long a connection may take to say CONNECT, in milliseconds of real time. */
export const CONNECT_MS = 20_000;

/** What may pass in a second before AWS drops messages, or delays bytes, without a word. */
export interface Excess {
  /** Messages of one connection, in and out together. */
  readonly messages: number;
  /** Bytes of one connection, in and out together: what is more waits. */
  readonly bytes: number;
  /** Messages that come from all clients of an account, and that go to all of them. */
  readonly inbound: number;
  readonly outbound: number;
}

export const AWS_EXCESS: Excess = {
  messages: 100,
  bytes: 512 * 1024,
  inbound: 20_000,
  outbound: 20_000,
};
