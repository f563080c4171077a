# bash completion of mote-device
_mote-device() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}
  [[ $word == = ]] && word=
  case $before in
    --mode) mapfile -t COMPREPLY < <(compgen -W 'reply reply-stream collect chat health' -- "$word"); return ;;
    --plot) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-ca) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-cert) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-key) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --tls-psk-file) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --target|--message|--size|--count|--interval|--deadline|--metadata|--tls-server-name) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W '--target --message --size --count --interval --mode --deadline --metadata --timing --plot --tls-ca --tls-cert --tls-key --tls-server-name --tls-psk-file --json --quiet --text --help --version' -- "$word")
}
complete -o filenames -F _mote-device mote-device
