import Pusher from 'pusher';
import { vendorError } from './vendor-error.ts';

export interface PushConfig {
  readonly appId: string;
  readonly key: string;
  readonly secret: string;
  /** `http://127.0.0.1:6001` for a sandbox; Pusher's own cluster otherwise, e.g. `https://api-eu.pusher.com`. */
  readonly apiBase: string;
}

/** What a watcher receives. Pusher cannot be asked what it delivered, so a message may come twice: receivers drop an id they know. */
export interface PushEvent {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface Push {
  /** Sends an event to whoever listens now. At least once: repeat it with the same id after a failure. */
  trigger(channel: string, event: string, data: PushEvent): Promise<void>;
  /** The answer that lets a socket join a private channel. The caller has checked that it may. */
  authorize(socketId: string, channel: string): { readonly auth: string };
}

const timeoutMs = 10_000;

/** Throws VendorRefusedError (final) or VendorUnavailableError (try again). */
export function createPush({ appId, key, secret, apiBase }: PushConfig): Push {
  const base = new URL(apiBase);
  const useTLS = base.protocol === 'https:';
  const pusher = new Pusher({
    appId,
    key,
    secret,
    host: base.hostname,
    port: base.port || (useTLS ? '443' : '80'),
    useTLS,
    timeout: timeoutMs,
  });
  return {
    async trigger(channel, event, data) {
      try {
        await pusher.trigger(channel, event, data);
      } catch (error) {
        throw error instanceof Pusher.RequestError ? vendorError('Pusher', { status: error.status }) : error;
      }
    },
    authorize: (socketId, channel) => ({ auth: pusher.authorizeChannel(socketId, channel).auth }),
  };
}
