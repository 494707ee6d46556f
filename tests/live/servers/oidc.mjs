// An authorization server (oidc-provider) and an API that trusts only its tokens, on one port.
//   node oidc.mjs PORT TOKEN_LIFE_SECONDS
// Keys:     NAME.pem (PKCS #8) and NAME.json (JWK) in the folder it runs in, for the clients rs256, ps256, es256, ed25519
// People:   any name logs in at the pages of /interaction; the password grant knows ada alone
// The API:  GET /api/...        200 with the claims of the token, 401 when it is missing, expired or withdrawn
//           POST /api/withdraw  makes the token that was sent, and every older one, worthless
// For tests: GET /seen tells what arrived (/token, /device/auth and /api only), DELETE /seen forgets it.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import Provider, { errors } from 'oidc-provider';

const port = Number(process.argv[2]);
const life = Number(process.argv[3]);
const issuer = `http://127.0.0.1:${port}`;
const audience = 'urn:live:api';
const person = { username: 'ada', password: 'lovelace & sons + 1815' };
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const signingKey = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'live' };

const machine = (client_id, client_secret, token_endpoint_auth_method) => ({
  client_id, client_secret, token_endpoint_auth_method,
  grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
});

// A client that signs: its private key goes to the folder, in both forms; we keep the public one.
async function signer(client_id, alg) {
  const pair = await generateKeyPair(alg, { extractable: true });
  const named = { kid: `key-of-${client_id}`, alg, use: 'sig' };
  writeFileSync(`${client_id}.pem`, await exportPKCS8(pair.privateKey), { mode: 0o600 });
  writeFileSync(`${client_id}.json`, JSON.stringify({ ...(await exportJWK(pair.privateKey)), ...named }), { mode: 0o600 });
  return {
    ...machine(client_id, undefined, 'private_key_jwt'),
    token_endpoint_auth_signing_alg: alg,
    jwks: { keys: [{ ...(await exportJWK(pair.publicKey)), ...named }] },
  };
}

const native = {
  client_id: 'native', token_endpoint_auth_method: 'none', application_type: 'native',
  redirect_uris: ['http://127.0.0.1/cb', 'http://localhost/cb'], response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code', 'password'],
};

const resourceServer = {
  audience, scope: 'api.read api.write', accessTokenTTL: life, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
};

const provider = new Provider(issuer, {
  jwks: { keys: [signingKey] },
  cookies: { keys: ['only-for-tests'] },
  clients: [
    machine('post', 's3cr3t~post', 'client_secret_post'),
    // Both parts hold characters that RFC 6749, section 2.3.1 wants form-encoded before base64.
    machine('basic:id', 'p@ss w+rd%:/~', 'client_secret_basic'),
    await signer('rs256', 'RS256'),
    await signer('ps256', 'PS256'),
    await signer('es256', 'ES256'),
    await signer('ed25519', 'EdDSA'),
    native,
  ],
  scopes: ['openid', 'offline_access', 'api.read', 'api.write'],
  ttl: {
    AccessToken: life, ClientCredentials: life, DeviceCode: 600, Grant: 3600, IdToken: 600, Interaction: 600,
    RefreshToken: 3600, Session: 3600,
  },
  rotateRefreshToken: true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => resourceServer,
    },
  },
});

// The password grant (RFC 6749, section 4.3), which oidc-provider leaves to its users.
async function passwordGrant(ctx) {
  const { client, params } = ctx.oidc;
  if (params.username !== person.username || params.password !== person.password) {
    throw new errors.InvalidGrant('user name or password is wrong');
  }
  const wanted = (params.scope ?? '').split(' ');
  const grant = new provider.Grant({ accountId: params.username, clientId: client.clientId });
  grant.addOIDCScope(wanted.filter((one) => !one.startsWith('api.')).join(' '));
  grant.addResourceScope(audience, wanted.filter((one) => one.startsWith('api.')).join(' '));
  const common = { accountId: params.username, client, grantId: await grant.save(), gty: 'password' };
  const access = new provider.AccessToken({ ...common, scope: grant.getResourceScope(audience) });
  access.resourceServer = new provider.ResourceServer(audience, resourceServer);
  ctx.body = { access_token: await access.save(), expires_in: access.expiration, token_type: access.tokenType };
  if (wanted.includes('offline_access')) {
    const refresh = new provider.RefreshToken({ ...common, resource: audience, scope: params.scope });
    ctx.body.refresh_token = await refresh.save();
  }
}
provider.registerGrantType('password', passwordGrant, ['username', 'password', 'scope']);

let seen = [];
const noted = new WeakMap();
const withdrawn = new Set();
const known = new Set();

// What a form held, and how it was refused, for /seen.
provider.use(async (ctx, next) => {
  await next();
  const entry = noted.get(ctx.req);
  if (entry) Object.assign(entry, { form: ctx.oidc?.body, error: ctx.body?.error });
});
const authorize = provider.callback();

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function challenge(response, why) {
  answer(response, 401, { error: 'invalid_token', reason: why }, { 'www-authenticate': 'Bearer error="invalid_token"' });
}

async function serveApi(request, response) {
  const url = new URL(request.url, issuer);
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? url.searchParams.get('access_token');
  if (!token) return challenge(response, 'no bearer token');
  let claims;
  try {
    claims = (await jwtVerify(token, publicKey, { issuer, audience })).payload;
  } catch (problem) {
    return challenge(response, problem.message);
  }
  if (withdrawn.has(claims.jti)) return challenge(response, 'withdrawn');
  known.add(claims.jti);
  if (url.pathname === '/api/withdraw') known.forEach((jti) => withdrawn.add(jti));
  const { client_id: client, scope, jti, sub } = claims;
  return answer(response, 200, { client, scope, jti, sub });
}

function note(request, response) {
  const entry = { at: Date.now() / 1000, method: request.method, path: request.url, authorization: 'authorization' in request.headers };
  noted.set(request, entry);
  response.on('finish', () => seen.push(Object.assign(entry, { status: response.statusCode })));
}

createServer((request, response) => {
  if (request.url === '/seen') {
    const body = seen;
    if (request.method === 'DELETE') seen = [];
    return answer(response, 200, body);
  }
  if (['/token', '/device/auth'].includes(request.url) || request.url.startsWith('/api/')) note(request, response);
  return request.url.startsWith('/api/') ? serveApi(request, response) : authorize(request, response);
}).listen(port, '127.0.0.1');
