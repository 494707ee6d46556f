#!/bin/sh
# The requests of a run, as curl commands: sh FILE sends all of them, sh FILE NAME… only these functions.
# A variable stands for each secret that the run showed as ***; the script says which ones it wants.
set -u

# Suite: Passes  (suite.yaml:15:12)
r1_passes() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/health'
}

# Suite: token: client_credentials  (suite.yaml:23:11)
r2_token() {
  : "${SECRET_CLIENT_SECRET:?set it to the secret of client_secret in the body, written as there}"
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    --header 'Accept: application/json' \
    --header 'Content-Type: application/x-www-form-urlencoded' \
    --header 'Expect:' \
    --data-raw 'grant_type=client_credentials&client_id=UUID&client_secret='"$SECRET_CLIENT_SECRET"'&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default' \
    'http://127.0.0.1:PORT/contoso.onmicrosoft.com/oauth2/v2.0/token'
}

# Suite: Users / With a token  (suite.yaml:19:15)
r3_users_with_a_token() {
  : "${SECRET_AUTHORIZATION:?set it to the secret of Authorization in the header, written as there}"
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    --header 'Authorization: Bearer '"$SECRET_AUTHORIZATION" \
    'http://127.0.0.1:PORT/v1.0/users?$top=1&$select=id'
}

# Suite: token: client_credentials  (suite.yaml:32:11)
r4_token() {
  : "${SECRET_CLIENT_SECRET:?set it to the secret of client_secret in the body, written as there}"
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    --header 'Accept: application/json' \
    --header 'Content-Type: application/x-www-form-urlencoded' \
    --header 'Expect:' \
    --data-raw 'grant_type=client_credentials&client_id=UUID&client_secret='"$SECRET_CLIENT_SECRET"'&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default' \
    'http://127.0.0.1:PORT/contoso.onmicrosoft.com/oauth2/v2.0/token'
}

# Suite: Users / The token is refused  (suite.yaml:29:15)
# not sent: could not be built, or its token not fetched

# Suite: Sends secrets, / and % : | `odd` <characters> # in its name  (suite.yaml:38:12)
r5_sends_secrets_and_odd_characters_in_its() {
  : "${SECRET_X_PIN:?set it to the secret of X-Pin in the header, written as there}"
  : "${SECRET_AUTHORIZATION:?set it to the secret of Authorization in the header, written as there}"
  : "${SECRET_PIN:?set it to the secret of pin in the body, written as there}"
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    --header 'X-Pin: '"$SECRET_X_PIN" \
    --header 'Authorization: Bearer '"$SECRET_AUTHORIZATION" \
    --header 'Content-Type: application/json' \
    --header 'Expect:' \
    --data-raw '{"pin":"'"$SECRET_PIN"'","text":"it'\''s 日本"}' \
    'http://127.0.0.1:PORT/echo?pin='"$SECRET_PIN"
}

# Suite: Fails twice  (suite.yaml:44:11)
r6_fails_twice() {
  printf ']]> ::error::no command ```\012`` \0450A\033[2J' |
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    --header 'Content-Type: text/plain; charset=utf-8' \
    --header 'Expect:' \
    --data-binary @- \
    'http://127.0.0.1:PORT/echo?a=1'
}

# Suite: Differs  (suite.yaml:53:11)
r7_differs() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/health'
}

# Suite: Does not expect this  (suite.yaml:58:12)
r8_does_not_expect_this() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/status/503'
}

# Suite: Captures nothing  (suite.yaml:59:12)
r9_captures_nothing() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/health'
}

# Suite: Waits in vain  (suite.yaml:60:12)
# not sent: waits for 'order': 'Captures nothing' did not capture it

# Suite: Is skipped  (suite.yaml:61:12)
# not sent: not today, | maybe # tomorrow

# Suite: Is not for guests  (suite.yaml:62:12)
# not sent: when: pin == 'x' is false

# Suite: Nobody listens  (suite.yaml:63:12)
r10_nobody_listens() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --request 'DELETE' \
    --location --max-redirs 10 \
    --compressed \
    'http://127.0.0.1:1/'
}

# Suite: Cannot be built  (suite.yaml:64:12)
# not sent: could not be built, or its token not fetched

# Suite: No text  (suite.yaml:65:12)
r11_no_text() {
  printf 'a\000b' |
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    --header 'Content-Type: application/octet-stream' \
    --header 'Expect:' \
    --data-binary @- \
    'http://127.0.0.1:PORT/echo'
}

# Suite: Row [0]  (suite.yaml:66:12)
r12_row_0() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/echo/a'
}

# Suite: Row [1]  (suite.yaml:66:12)
r13_row_1() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/echo/b'
}

# Suite: Is tried again  (suite.yaml:67:12)
r14_is_tried_again() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/flaky/golden?times=1'
}

# Suite: Has parts  (suite.yaml:68:12)
r15_has_parts() {
  : "${SECRET_NOTE:?set it to the secret of note in the body, written as there}"
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    --header 'Expect:' \
    --form 'note="pin '"$SECRET_NOTE"'"' \
    --form 'file=@"second.yaml";filename="second.yaml";type=application/yaml' \
    'http://127.0.0.1:PORT/upload'
}

# Second: Passes  (second.yaml:4:12)
r16_passes() {
  curl \
    --silent --show-error --include --globoff --path-as-is \
    --max-time 30 \
    --location --max-redirs 10 \
    --compressed \
    --header 'User-Agent: request-runner/VERSION' \
    'http://127.0.0.1:PORT/redirect/2'
}

[ "$#" -gt 0 ] || set -- r1_passes r2_token r3_users_with_a_token r4_token r5_sends_secrets_and_odd_characters_in_its r6_fails_twice r7_differs r8_does_not_expect_this r9_captures_nothing r10_nobody_listens r11_no_text r12_row_0 r13_row_1 r14_is_tried_again r15_has_parts r16_passes
failed=0
for name
do
  printf '\n# %s\n' "$name"
  "$name" || failed=$?
done
exit "$failed"
