curl -k --digest -u ada:secret-1 https://api.test/digest -o answers/digest.json
curl --aws-sigv4 aws:amz:eu-west-1:execute-api -u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" https://api.test/aws
curl --cacert /etc/ca.pem --cert client.pem:pw-12345 --key "$KEY_FILE" https://api.test/tls
curl -x proxy.test:3128 -U joe:proxy-pw https://api.test/proxied
curl -L --max-redirs 3 -m 2.5 --http2 https://api.test/moved
curl --retry 4 --retry-delay 3 --max-filesize 2M https://api.test/flaky
curl -n --compressed -O https://api.test/files/report.pdf
curl -b 'session=abcdef123; theme=dark' -A agent -e https://from.test/ -r 0-99 https://api.test/cookies
curl --ntlm -u a:b --ipv6 --resolve api.test:443:127.0.0.1 --unknown -H 'Accept:' https://api.test/lost
curl -F 'avatar=@me.png;type=image/png' -F 'bio=<bio.txt' -F 'tags=a' -F 'tags=b' https://api.test/form
curl "https://api.test/pages/[1-3]" https://api.test/{red,green}/x -s
curl https://api.test/users/{id}/<section>?token=abcd1234
