#!/bin/sh
# Shop: the requests of shop.yaml, as curl commands.
# Environment: local
set -eu
: "${SHOP_SECRET:?from the environment}"
reference="$(uuidgen)"

# Token
response=$(curl \
  -sS --fail-with-body \
  http://127.0.0.1:8000/token \
  --data-urlencode client_id=shop-front \
  --data-urlencode "client_secret=$SHOP_SECRET" \
  --data-urlencode grant_type=client_credentials \
  --data-urlencode 'scope=orders.read orders.write')
access_token=$(printf '%s' "$response" | jq -er .access_token)

# Search
response=$(curl \
  -sS --fail-with-body \
  'http://127.0.0.1:8000/v1/products?q=tea%20%26%20cake&size=20' \
  -H 'Accept: application/json' \
  -L \
  --max-time 10 \
  -H "Authorization: Bearer $access_token")
first=$(printf '%s' "$response" | jq -er '.items[0].id')

# Orders / Order it
response=$(curl \
  -sS --fail-with-body \
  http://127.0.0.1:8000/v1/orders \
  -H 'Accept: application/json' \
  -L \
  --max-time 10 \
  -H "Authorization: Bearer $access_token" \
  -H 'Content-Type: application/json' \
  --data-raw "{
  \"product\": \"$first\",
  \"count\": 2,
  \"reference\": \"$reference\",
  \"notes\": [
    \"as a gift\",
    \"for ${NAME:-nobody}\"
  ]
}")
order=$(printf '%s' "$response" | jq -er .id)

# Orders / See it
curl \
  -sS --fail-with-body \
  "http://127.0.0.1:8000/v1/orders/$order" \
  -H 'Accept: application/json' \
  -H "X-Trace: $(printf '%s' "$reference" | base64 | tr -d '\n')" \
  -L \
  --max-time 10 \
  -H "Authorization: Bearer $access_token"

# Orders / A picture for it
curl \
  -sS --fail-with-body \
  -X PUT \
  "http://127.0.0.1:8000/v1/orders/$order/picture" \
  -H 'Accept: application/json' \
  -L \
  --max-time 10 \
  -H "Authorization: Bearer $access_token" \
  --form-string 'title=A gift' \
  -F 'picture=@"gift.png"'

# Orders / Wait for it
curl \
  -sS --fail-with-body \
  "http://127.0.0.1:8000/v1/orders/$order" \
  -H 'Accept: application/json' \
  -L \
  --max-time 10 \
  -H "Authorization: Bearer $access_token"

# Orders / Not mine
curl \
  -sS \
  http://127.0.0.1:8000/v1/orders/0 \
  -H 'Accept: application/json' \
  -L \
  --max-time 10 \
  -H "Authorization: Bearer $access_token"

# Old ones
for item in 2021 2022
do
  curl \
    -sS --fail-with-body \
    -X DELETE \
    "http://127.0.0.1:8000/v1/archive/$item" \
    -H 'Accept: application/json' \
    -L \
    --max-time 10 \
    -H "Authorization: Bearer $access_token"
done

# Subscribe
curl \
  -sS --fail-with-body \
  https://news.test/subscribe \
  -H 'Accept: application/json' \
  -L \
  --max-time 10 \
  --data-urlencode mail=ada@shop.test \
  -d topics=tea \
  -d topics=cake

# Later
# not sent: it is not there yet
