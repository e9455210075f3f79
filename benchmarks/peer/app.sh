# What both peers do once the app's container has been started; sourced by compose.sh and plain.sh.

# Append "name time" to the file MARKS, if one is wanted: the end of a phase.
mark() { [ -z "${MARKS:-}" ] || echo "$1 $EPOCHREALTIME" >>"$MARKS"; }

# The crash, and the line that names it.
see_broken() {
  timeout 60 docker wait "$1" >/dev/null
  mark outcome
  docker logs "$1" 2>&1 | grep 'relation "tasks" does not exist'
  mark logs
}

# Healthy by its own word, then one task written and read.
see_fixed() {
  local url
  url="http://$(docker port "$1" 8000/tcp | head -n 1)"
  timeout 60 sh -c "until curl -fsS -o /dev/null '$url/health' 2>/dev/null; do sleep 0.2; done"
  mark outcome
  curl -fsS -o /dev/null -H 'Content-Type: application/json' -d '{"title": "one"}' "$url/tasks"
  curl -fsS "$url/tasks" | grep '"one"'
  mark use
}
