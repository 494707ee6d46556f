curl ^"https://api.test/search?q=a^%^20b^&page=2^" ^
  -H ^"accept: application/json^" ^
  -H ^"authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl^" ^
  --data-raw ^"^{^\^"name^\^":^\^"Ada ^& Co^\^",^\^"tags^\^":^[^]^}^"
rem The next one
set HOST_NAME=api.test
curl "https://%HOST_NAME%/items" -H "X-Api-Key: %API_KEY%" -d "{\"a\": \"b & c\"}" -H "Content-Type: application/json"
