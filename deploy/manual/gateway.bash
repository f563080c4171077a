# bash completion of @PROGRAM@
_@PROGRAM@() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}
  [[ $word == = ]] && word=
  case $before in
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --reuse-port) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$word"); return ;;
    --log-level) mapfile -t COMPREPLY < <(compgen -W 'error warn info debug' -- "$word"); return ;;
    --sandbox) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$word"); return ;;
    --reflection) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$word"); return ;;
    --gzip) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$word"); return ;;
    --tls-certificate) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-key) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-client-ca) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-psk-file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-min-version) mapfile -t COMPREPLY < <(compgen -W '1.2 1.3' -- "$word"); return ;;
    --token-file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --listen|--trusted-proxy|--memory-budget|--tls-allow|--tls-suites|--allow|--max-connections|--max-streams|--max-streams-per-connection|--listen-backlog|--max-addresses|--max-connections-per-address|--max-streams-per-address|--reserved-connections|--reserved-streams|--tls-handshakes|--tls-handshake-percent|--max-message-bytes|--max-header-bytes|--max-header-fields|--max-header-frames|--max-header-excess|--max-header-table-bytes|--stream-window-bytes|--buffer-bytes|--connection-buffer-bytes|--buffer-bytes-per-address|--receive-bytes|--send-bytes|--socket-receive-bytes|--socket-send-bytes|--large-sockets|--large-windows|--upload-windows|--upload-window-bytes|--reset-budget|--reset-refill|--early-reset-ms|--free-refusals|--idle-frame-budget|--idle-frame-refill|--turn-bytes|--turn-fields|--turn-frames|--preface-timeout-ms|--settings-timeout-ms|--header-timeout-ms|--message-timeout-ms|--min-progress-bytes|--idle-timeout-ms|--call-idle-timeout-ms|--keepalive-ms|--keepalive-timeout-ms|--write-stall-ms|--max-connection-age-seconds|--max-connection-age-grace-seconds|--tcp-keepalive-seconds|--drain-seconds|--log-rate|--http|--http-host|--web-origin|--http-connections|--http-request-bytes|--http-timeout-ms|--http-idle-timeout-ms|--metrics-methods) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W '--config --no-sandbox --print-config --check-config --help --version --listen --trusted-proxy --reuse-port --memory-budget --log-level --sandbox --reflection --gzip --tls-certificate --tls-key --tls-client-ca --tls-allow --tls-psk-file --tls-min-version --tls-suites --allow --token-file --max-connections --max-streams --max-streams-per-connection --listen-backlog --max-addresses --max-connections-per-address --max-streams-per-address --reserved-connections --reserved-streams --tls-handshakes --tls-handshake-percent --max-message-bytes --max-header-bytes --max-header-fields --max-header-frames --max-header-excess --max-header-table-bytes --stream-window-bytes --buffer-bytes --connection-buffer-bytes --buffer-bytes-per-address --receive-bytes --send-bytes --socket-receive-bytes --socket-send-bytes --large-sockets --large-windows --upload-windows --upload-window-bytes --reset-budget --reset-refill --early-reset-ms --free-refusals --idle-frame-budget --idle-frame-refill --turn-bytes --turn-fields --turn-frames --preface-timeout-ms --settings-timeout-ms --header-timeout-ms --message-timeout-ms --min-progress-bytes --idle-timeout-ms --call-idle-timeout-ms --keepalive-ms --keepalive-timeout-ms --write-stall-ms --max-connection-age-seconds --max-connection-age-grace-seconds --tcp-keepalive-seconds --drain-seconds --log-rate --http --http-host --web-origin --http-connections --http-request-bytes --http-timeout-ms --http-idle-timeout-ms --metrics-methods' -- "$word")
}
complete -o filenames -F _@PROGRAM@ @PROGRAM@
