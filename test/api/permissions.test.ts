import assert from 'node:assert/strict';
import { roles, type Role } from '../../domain/roles.ts';
import { useApi } from '../support/api.ts';
import { permitted } from '../support/permissions.ts';

const everybody = roles;
const nobodyNeeded = 'public';
const may = (permission: string): readonly Role[] => permitted[permission] ?? [];

/** Who gets past the door of each route, written by hand: the policy and the declarations are held against it. */
const doors: Readonly<Record<string, readonly Role[] | typeof nobodyNeeded>> = {
  'get /healthz': nobodyNeeded,
  'get /readyz': nobodyNeeded,
  'get /openapi.json': nobodyNeeded,
  'get /.well-known/jwks.json': nobodyNeeded,
  'post /v1/auth/token': nobodyNeeded,
  'post /v1/auth/refresh': nobodyNeeded,
  'post /v1/auth/logout': everybody,
  'post /v1/auth/mfa/enrol': nobodyNeeded,
  'post /v1/auth/mfa/confirm': nobodyNeeded,
  'post /v1/auth/mfa/remove': nobodyNeeded,
  'post /v1/auth/password-reset': nobodyNeeded,
  'post /v1/auth/password-reset/confirm': nobodyNeeded,
  'post /v1/invitations/accept': nobodyNeeded,
  'get /v1/invitations': may('invitation:list'),
  'get /v1/me': everybody,
  'get /v1/tenants': may('tenant:list'),
  'get /v1/tenants/{id}': may('tenant:read'),
  'patch /v1/tenants/{id}': may('tenant:update'),
  'get /v1/tenants/{id}/settings': may('settings:read'),
  'patch /v1/tenants/{id}/settings': may('settings:update'),
  'post /v1/tenants/{id}/suspend': may('tenant:suspend'),
  'post /v1/tenants/{id}/resume': may('tenant:resume'),
  'post /v1/accounts/{id}/suspend': may('account:suspend'),
  'post /v1/accounts/{id}/resume': may('account:resume'),
  'post /v1/break-glass': may('break-glass:open'),
  'post /v1/break-glass/{id}/token': may('break-glass:open'),
  'get /v1/break-glass': may('break-glass:read'),
  'get /v1/break-glass/{id}': may('break-glass:read'),
  'post /v1/break-glass/{id}/end': may('break-glass:end'),
  'post /v1/privacy/roblox-erasures': may('roblox-erasure:enter'),
  'post /webhooks/roblox': nobodyNeeded,
  'get /v1/people': may('person:read'),
  'get /v1/people/{id}': may('person:read'),
  'get /v1/classes': may('class:read'),
  'get /v1/classes/{id}': may('class:read'),
  'get /v1/consent-purposes': nobodyNeeded,
  'get /v1/consents': may('consent:read'),
  'get /v1/consents/history': may('consent:read'),
  'post /v1/consents': may('consent:decide'),
  'get /v1/billing/metrics': may('billing:read-metrics'),
  'get /v1/invoices': may('invoice:list'),
  'get /v1/billing/subscription': may('subscription:read'),
  'get /v1/billing/plans': may('subscription:read'),
  'post /v1/billing/subscription/preview': may('subscription:change'),
  'post /v1/billing/subscription/changes': may('subscription:change'),
  'get /v1/billing/payments': may('payment:list'),
  'post /v1/billing/payments/{id}/refunds': may('payment:refund'),
  'get /v1/billing/invoices/{id}': may('invoice:read'),
  'get /v1/billing/invoices/{id}/pdf': may('invoice:read'),
  'post /v1/billing/invoices/{id}/credit-notes': may('invoice:credit'),
  'post /v1/billing/portal-sessions': may('subscription:change'),
  'post /v1/processes/change-subscription/runs': may('subscription:change'),
  'post /v1/processes/issue-credit-note/runs': may('invoice:credit'),
  'post /v1/processes/rectify-subject/runs': may('person:rectify'),
  'post /v1/processes/restrict-subject/runs': may('person:restrict'),
  'post /v1/processes/refund-payment/runs': may('payment:refund'),
  'post /v1/processes/simulate-dunning/runs': may('dunning-policy:simulate'),
  'get /v1/billing/dunning-policies': may('dunning-policy:read'),
  'get /v1/billing/dunning-policy': may('dunning-policy:read'),
  'put /v1/billing/dunning-policy': may('dunning-policy:update'),
  'get /v1/audit': may('audit:read'),
  'get /.well-known/certificate-keys.json': nobodyNeeded,
  'get /v1/privacy/certificates': may('certificate:read'),
  'get /v1/privacy/certificates/{id}': may('certificate:read'),
  'get /v1/privacy/certificates/{id}/pdf': may('certificate:read'),
  'post /v1/privacy/exports': may('privacy-export:create'),
  'post /v1/me/exports': may('privacy-export:create-own'),
  'get /v1/privacy/exports': may('privacy-export:read'),
  'get /v1/privacy/exports/{id}': may('privacy-export:read'),
  'get /v1/privacy/exports/{id}/file': may('privacy-export:read'),
  'post /v1/privacy/exports/{id}/passphrase': may('privacy-export:read'),
  'post /v1/privacy/exports/{id}/links': may('privacy-export:read'),
  'post /v1/privacy/exports/{id}/revoke': may('privacy-export:read'),
  'get /v1/privacy/downloads/{code}': nobodyNeeded,
  'get /v1/processes': everybody,
  'post /v1/processes/back-up-keyring/runs': may('keyring:back-up'),
  'post /v1/processes/collect-payment/runs': may('invoice:collect'),
  'post /v1/processes/expire-exports/runs': may('privacy-export:expire'),
  'post /v1/processes/expire-uploads/runs': may('upload:expire'),
  'post /v1/processes/export-subject/runs': may('privacy-export:create'),
  'post /v1/processes/mirror-billing/runs': may('billing:mirror'),
  'post /v1/processes/onboard-school/runs': may('school:onboard'),
  'post /v1/processes/reset-password/runs': may('account:reset-password'),
  'get /v1/privacy/map': may('privacy-map:read'),
  'get /v1/privacy/requests': may('privacy-request:read'),
  'get /v1/privacy/requests/{id}': may('privacy-request:read'),
  'get /v1/privacy/policy': may('privacy-policy:read'),
  'put /v1/privacy/policy': may('privacy-policy:update'),
  'post /v1/privacy/requests/{id}/holds': may('erasure:hold'),
  'post /v1/processes/erase-subject/runs': may('erasure:request'),
  'post /v1/processes/rotate-tenant-key/runs': may('tenant-key:rotate'),
  'post /v1/processes/take-roblox-erasures/runs': may('roblox-erasure:take'),
  'get /v1/runs': may('run:list'),
  'get /v1/runs/{id}': may('run:read'),
  'get /v1/runs/{id}/events': may('run:read'),
  'post /v1/runs/{id}/cancel': may('run:cancel'),
  'post /v1/runs/{id}/messages/{name}': everybody,
  'post /v1/uploads': may('upload:create'),
  'get /v1/uploads/{id}': may('upload:create'),
  'delete /v1/uploads/{id}': may('upload:create'),
  'post /v1/pusher/auth': may('channel:subscribe'),
  'post /webhooks/stripe': nobodyNeeded,
  'post /codec/decode': may('codec:decode'),
  'post /codec/encode': may('codec:encode'),
};
const someId = '0190d1a0-0000-7000-8000-0000000000ff';

describe('the doors of the API', () => {
  const api = useApi();

  it('are all in the table, and the table names no other', () => {
    assert.deepEqual(api.routes.map(({ method, path }) => `${method} ${path}`).sort(), Object.keys(doors).sort());
  });

  for (const [door, who] of Object.entries(doors)) {
    const [method = '', pattern = ''] = door.split(' ');
    const path = pattern.replaceAll(/\{\w+\}/g, someId);
    const request = { method: method.toUpperCase() };

    it(`${door} ${who === nobodyNeeded ? 'asks nobody who they are' : 'asks strangers to sign in'}`, async () => {
      const { status, body } = await api.send(path, request);
      if (who === nobodyNeeded) assert.notEqual(String(body?.['type']), 'https://errors.toolbox.example/unauthenticated');
      else assert.equal(status, 401);
    });
    if (who === nobodyNeeded) continue;

    it(`${door} opens to ${who.join(', ') || 'nobody'} alone`, async () => {
      const passed: Role[] = [];
      for (const role of roles) {
        const { login, password, tenantId, accessToken } = api.member(role);
        // Signing out would shut the account's other doors.
        const token = path.endsWith('/logout')
          ? (await api.identity.signIn({ login, password, tenant: tenantId })).accessToken
          : accessToken;
        const { status, body } = await api.send(path, { ...request, token });
        assert.ok(status !== 401 && status < 500, `${role}: ${status}`);
        if (String(body?.['type']) !== 'https://errors.toolbox.example/forbidden') passed.push(role);
      }
      assert.deepEqual(passed.sort(), [...who].sort());
    });
  }
});
