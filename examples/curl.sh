#!/usr/bin/env bash
# Asks the cache, else the LLM, and then stores the answer; with curl, and python3 for the JSON.
#
# examples/curl.sh "How do I reset my password?"
set -euo pipefail

CACHE_URL=${NEARHIT_URL:-http://localhost:8080}/v1/caches/default
DAY_MILLISECONDS=$((24 * 60 * 60 * 1000))

# Where your LLM goes: replace the body with a call of it.
ask_llm() {
  echo "a made-up answer to '$1'"
}

# post PATH BODY: what the server answers.
post() {
  local key=${NEARHIT_API_KEY:+Authorization: Bearer $NEARHIT_API_KEY} answer
  # Among the arguments everybody on the machine could read the key.
  if ! answer=$(curl --silent --show-error --fail-with-body --max-time 5 \
    --header @<(echo "$key") --data "$2" "$CACHE_URL/$1"); then
    echo "$answer" >&2
    return 1
  fi
  echo "$answer"
}

# A text in JSON.
quoted() {
  python3 -c 'import json, sys; print(json.dumps(sys.argv[1]))' "$1"
}

# The response in the answer to a search, or nothing.
response_in() {
  python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get("response", ""))' "$1"
}

main() {
  local prompt found response
  prompt=$(quoted "$1")
  found=$(post entries/search "{\"prompt\": $prompt}")
  response=$(response_in "$found")
  if [[ -n $response ]]; then
    echo "cache: $response"
    return
  fi
  response=$(ask_llm "$1")
  post entries "{\"prompt\": $prompt, \"response\": $(quoted "$response"),
    \"ttlMillis\": $DAY_MILLISECONDS}" >/dev/null
  echo "LLM: $response"
}

if (($# != 1)); then
  echo "usage: curl.sh QUESTION" >&2
  exit 1
fi
main "$1"
