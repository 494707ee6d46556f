# Create a user
$base = "https://api.test"
curl.exe -X POST "$base/users" `
  -H "Authorization: Bearer $env:API_TOKEN" `
  -H 'Content-Type: application/json' `
  -d '{\"name\": \"Ada\", \"age\": 36}'
$body = @"
{"name": "$env:USER_NAME"}
"@
curl.exe -X PUT "$base/users/1" -H "Content-Type: application/json" -d $body | ConvertFrom-Json
