// An authorization server (oidc-provider) and an API that trusts only its tokens, on one port.
//   node oidc.mjs PORT TOKEN_LIFE_SECONDS
// The API:  GET /api/...        200 with the claims of the token, 401 when it is missing, expired or withdrawn
//           POST /api/withdraw  makes the token that was sent, and every older one, worthless
// For tests: GET /seen tells what arrived (/token and /api only), DELETE /seen forgets it.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const life = Number(process.argv[3]);
const issuer = `http://127.0.0.1:${port}`;
const audience = 'urn:live:api';
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const signingKey = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'live' };

const machine = (client_id, client_secret, token_endpoint_auth_method) => ({
  client_id, client_secret, token_endpoint_auth_method,
  grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
});

const provider = new Provider(issuer, {
  jwks: { keys: [signingKey] },
  cookies: { keys: ['only-for-tests'] },
  clients: [
    machine('post', 's3cr3t~post', 'client_secret_post'),
    // Both parts hold characters that RFC 6749, section 2.3.1 wants form-encoded before base64.
    machine('basic:id', 'p@ss w+rd%:/~', 'client_secret_basic'),
  ],
  scopes: ['api.read', 'api.write'],
  ttl: { ClientCredentials: life },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      getResourceServerInfo: () => ({
        audience, scope: 'api.read api.write', accessTokenTTL: life, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
});

let seen = [];
const withdrawn = new Set();
const known = new Set();
const authorize = provider.callback();

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function challenge(response, why) {
  answer(response, 401, { error: 'invalid_token', reason: why }, { 'www-authenticate': 'Bearer error="invalid_token"' });
}

async function serveApi(request, response) {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (!token) return challenge(response, 'no bearer token');
  let claims;
  try {
    claims = (await jwtVerify(token, publicKey, { issuer, audience })).payload;
  } catch (problem) {
    return challenge(response, problem.message);
  }
  if (withdrawn.has(claims.jti)) return challenge(response, 'withdrawn');
  known.add(claims.jti);
  if (request.url === '/api/withdraw') known.forEach((jti) => withdrawn.add(jti));
  return answer(response, 200, { client: claims.client_id, scope: claims.scope, jti: claims.jti });
}

function note(request, response) {
  const entry = { at: Date.now() / 1000, method: request.method, path: request.url, authorization: 'authorization' in request.headers };
  response.on('finish', () => seen.push({ ...entry, status: response.statusCode }));
}

createServer((request, response) => {
  if (request.url === '/seen') {
    const body = seen;
    if (request.method === 'DELETE') seen = [];
    return answer(response, 200, body);
  }
  if (request.url === '/token' || request.url.startsWith('/api/')) note(request, response);
  return request.url.startsWith('/api/') ? serveApi(request, response) : authorize(request, response);
}).listen(port, '127.0.0.1');
