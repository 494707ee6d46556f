#!/bin/bash
# Smoke test of the shop, as it was before it became a collection.
# It runs after each deployment.
set -euo pipefail

SHOP="https://shop.test/api/v1"
PAGE_SIZE=20

# Log in
TOKEN=$(curl -fsS "$SHOP/login" \
  -H 'Content-Type: application/json' \
  -d "{\"user\": \"$SHOP_USER\", \"password\": \"$SHOP_PASSWORD\"}" | jq -r '.session.access_token')

# Orders of today
orders=$(curl -s "$SHOP/orders?size=$PAGE_SIZE&day=$(date +%F)" -H "Authorization: Bearer $TOKEN")
first=$(echo "$orders" | jq -r '.items[0].id')

# One order
curl -s "$SHOP/orders/$first" -H "Authorization: Bearer $TOKEN" | jq .

sleep 2
curl -X POST "$SHOP/orders" -H "Authorization: Bearer $TOKEN" --json @- <<EOF
{
  "product": "book",
  "count": $COUNT,
  "reference": "$(uuidgen)",
  "note": "for ${NAME:-nobody}"
}
EOF

for id in 1 2 3; do
  curl -X DELETE "$SHOP/orders/$id" -H "Authorization: Bearer $TOKEN" > /dev/null
done
psql -c 'delete from orders'
