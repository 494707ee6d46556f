// A token endpoint with the paths and bodies of Microsoft Entra ID v2.0 (oauth2-mock-server underneath).
//   node entra.mjs PORT TENANT SECRET      every other secret is AADSTS7000215
import { randomUUID } from 'node:crypto';
import { OAuth2Server } from 'oauth2-mock-server';

const [port, tenant, secret] = process.argv.slice(2);
const base = `/${tenant}/oauth2/v2.0`;

// In the order in which the real endpoint looks: [wrong when, AADSTS number, error, status, what it says]
const faults = [
  [(form) => !form.client_secret, 7000218, 'invalid_client', 401,
    () => "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."],
  [(form) => form.client_secret !== secret, 7000215, 'invalid_client', 401,
    (form) => 'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, '
      + `not the client secret ID, for a secret added to app '${form.client_id}'.`],
  [(form) => !/\/\.default$/.test(form.scope ?? ''), 70011, 'invalid_scope', 400,
    (form) => `The provided value for the input parameter 'scope' is not valid. The scope ${form.scope} is not valid.`],
];

function refusal(form, [, number, error, , text]) {
  const [trace, correlation] = [randomUUID(), randomUUID()];
  const time = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return {
    error,
    error_description: `AADSTS${number}: ${text(form)}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${time}`,
    error_codes: [number],
    timestamp: time,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  };
}

const server = new OAuth2Server(undefined, undefined, {
  endpoints: {
    token: `${base}/token`,
    authorize: `${base}/authorize`,
    wellKnownDocument: `/${tenant}/v2.0/.well-known/openid-configuration`,
    jwks: '/discovery/v2.0/keys',
    userinfo: '/oidc/userinfo',
    revoke: `${base}/revoke`,
    endSession: `${base}/logout`,
    introspect: `${base}/introspect`,
  },
});
await server.issuer.keys.generate('RS256');
server.service.on('beforeResponse', (response, request) => {
  const fault = faults.find(([wrong]) => wrong(request.body));
  response.statusCode = fault ? fault[3] : 200;
  response.body = fault
    ? refusal(request.body, fault)
    : { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: response.body.access_token };
});
await server.start(Number(port), '127.0.0.1');
