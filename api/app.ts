import Koa from 'koa';
import type { Knex } from 'knex';
import type { Identity } from '../platform/identity.ts';
import type { Keyring } from '../platform/keyring.ts';
import type { Logger } from '../platform/logger.ts';
import type { Push } from '../platform/push.ts';
import type { Policies } from '../policies/index.ts';
import { accessLog } from './middleware/access-log.ts';
import { codecCors } from './middleware/codec-cors.ts';
import { headers } from './middleware/headers.ts';
import { problemDetails } from './middleware/problem.ts';
import type { Limits } from './middleware/rate-limit.ts';
import { requestId } from './middleware/request-id.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { accountRoutes } from './routes/accounts.ts';
import { auditRoutes } from './routes/audit.ts';
import { authRoutes } from './routes/auth.ts';
import { billingChangeRoutes } from './routes/billing-changes.ts';
import { type BillingLinkDeps, billingLinkRoutes } from './routes/billing-links.ts';
import { billingRoutes } from './routes/billing.ts';
import { billingMetricsRoutes } from './routes/billing-metrics.ts';
import { breakGlassRoutes } from './routes/break-glass.ts';
import { type CertificateRouteDeps, certificateRoutes } from './routes/certificates.ts';
import { classRoutes } from './routes/classes.ts';
import { consentRoutes } from './routes/consents.ts';
import { type CodecRoutesDeps, codecRoutes } from './routes/codec.ts';
import { documentRoutes } from './routes/documents.ts';
import { dunningPolicyRoutes } from './routes/dunning-policies.ts';
import { type HealthDeps, healthRoutes } from './routes/health.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { invoiceRoutes } from './routes/invoices.ts';
import { meRoutes } from './routes/me.ts';
import { mfaRoutes } from './routes/mfa.ts';
import { type PasswordResetDeps, passwordResetRoutes } from './routes/password-reset.ts';
import { peopleRoutes } from './routes/people.ts';
import { privacyPolicyRoutes } from './routes/privacy-policy.ts';
import { privacyRoutes } from './routes/privacy.ts';
import { type PrivacyExportRoutesDeps, privacyExportRoutes } from './routes/privacy-exports.ts';
import { type ProcessRoutesDeps, processRoutes } from './routes/processes.ts';
import { pusherRoutes } from './routes/pusher.ts';
import { robloxErasureRoutes } from './routes/roblox-erasures.ts';
import { type RobloxWebhookDeps, robloxWebhookRoutes } from './routes/roblox-webhook.ts';
import { type RunRoutesDeps, runRoutes } from './routes/runs.ts';
import { settingsRoutes } from './routes/settings.ts';
import { suspensionRoutes } from './routes/suspension.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { uploadRoutes, type UploadRoutesDeps } from './routes/uploads.ts';
import { type WebhookDeps, webhookRoutes } from './routes/webhooks.ts';
import type { HttpMetrics } from './support/metrics.ts';
import { mount } from './support/mount.ts';
import type { AppState, Route } from './support/route.ts';

export interface AppDeps
  extends
    HealthDeps,
    BillingLinkDeps,
    CertificateRouteDeps,
    UploadRoutesDeps,
    CodecRoutesDeps,
    Omit<ProcessRoutesDeps & RunRoutesDeps, 'knex'> {
  /** The main cluster. */
  readonly main: Knex;
  readonly keyring: Keyring;
  /** The keyring cluster, for the map of its tables. */
  readonly keyringDatabase: Knex;
  readonly identity: Pick<
    Identity,
    | 'authenticate'
    | 'confirm'
    | 'breakGlass'
    | 'signIn'
    | 'refresh'
    | 'signOut'
    | 'acceptInvitation'
    | 'resetPassword'
    | 'enrolMfa'
    | 'confirmMfa'
    | 'removeMfa'
    | 'publicJwks'
  >;
  readonly resets: PasswordResetDeps['resets'];
  readonly exports: PrivacyExportRoutesDeps['exports'];
  readonly push: Pick<Push, 'authorize'>;
  readonly log: Logger;
  readonly metrics: Pick<HttpMetrics, 'observe' | 'heard'>;
  readonly stripeWebhook: WebhookDeps['stripeWebhook'];
  readonly nudgeMirror: WebhookDeps['nudgeMirror'];
  readonly robloxWebhook: RobloxWebhookDeps['robloxWebhook'];
  readonly nudgeErasures: RobloxWebhookDeps['nudgeErasures'];
  readonly policies: Policies;
  readonly limits: Limits;
  /** How many proxies of ours stand before the API: so many addresses at the end of X-Forwarded-For are true. */
  readonly trustedProxies?: number;
  /** How long a JSON body or a form may take to come. */
  readonly bodyWithinMs?: number;
}

/** Every route of the API. Its document, its router and the test of its permissions are made from this list. */
export function listRoutes(deps: AppDeps): readonly Route[] {
  const { identity } = deps;
  const routes: Route[] = [
    ...healthRoutes(deps),
    ...documentRoutes({ publicJwks: identity.publicJwks, routes: () => routes }),
    ...authRoutes(deps),
    ...mfaRoutes(deps),
    ...passwordResetRoutes({ ...deps, knex: deps.main }),
    ...invitationRoutes(deps),
    ...meRoutes(deps),
    ...tenantRoutes(deps),
    ...settingsRoutes(deps),
    ...suspensionRoutes(deps),
    ...accountRoutes(deps),
    ...breakGlassRoutes(deps),
    ...peopleRoutes(deps),
    ...classRoutes(),
    ...consentRoutes(deps),
    ...invoiceRoutes(),
    ...billingRoutes(),
    ...billingLinkRoutes(deps),
    ...billingChangeRoutes({ ...deps, knex: deps.main }),
    ...dunningPolicyRoutes(deps),
    ...billingMetricsRoutes(deps),
    ...auditRoutes(),
    ...certificateRoutes(deps),
    ...privacyRoutes(deps),
    ...privacyPolicyRoutes(deps),
    ...privacyExportRoutes({ ...deps, knex: deps.main }),
    ...processRoutes({ ...deps, knex: deps.main }),
    ...runRoutes({ ...deps, knex: deps.main }),
    ...uploadRoutes(deps),
    ...pusherRoutes(deps),
    ...webhookRoutes(deps),
    ...robloxWebhookRoutes(deps),
    ...robloxErasureRoutes(deps),
    ...codecRoutes(deps),
  ];
  return routes;
}

/**
 * The order every request goes through. Per route (support/mount.ts) it goes on: authenticate, authorise, access level, consent, If-Match, read the body,
 * validate, handle: nobody is made to send, and we to read, a body that would be refused anyway.
 */
export function createApp(deps: AppDeps, routes: readonly Route[] = listRoutes(deps)): Koa<AppState> {
  const { limits, trustedProxies = 0 } = deps;
  const app = new Koa<AppState>({ proxy: trustedProxies > 0, maxIpsCount: trustedProxies });
  const router = mount(routes, {
    verify: deps.identity.authenticate,
    can: deps.policies.can,
    use: deps.identity.breakGlass.use,
    main: deps.main,
    limits,
    bodyWithinMs: deps.bodyWithinMs,
  });
  app.use(requestId);
  app.use(accessLog(deps.log, deps.metrics));
  app.use(securityHeaders);
  app.use(codecCors(deps.temporalUiUrl));
  app.use(problemDetails(deps.log));
  app.use(headers);
  app.use(router.routes() as unknown as Koa.Middleware<AppState>);
  app.use(router.allowedMethods() as unknown as Koa.Middleware<AppState>);
  app.on('error', (err: unknown) => deps.log.warn({ err }, 'answer cut off'));
  return app;
}
