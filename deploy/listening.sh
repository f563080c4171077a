# shellcheck shell=sh
# Finds the addresses at which a process accepts calls, from the kernel's tables: they are also right if the environment, a flag
# or a socket unit decides. Sourced or sent together with the script that uses it. Needs the permission to see the descriptors of
# the process: root, or its user.

# listening PID: prints an address per line that a client on this machine can call, in the form of mote-device --target.
listening() {
  # shellcheck disable=SC2012  # busybox find may lack -exec +, and readlink takes one file there.
  sockets=$(ls -l "/proc/$1/fd" 2>/dev/null | sed -n 's/^.*socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')
  # Columns of tcp and tcp6: 2 address, 4 state (0A: listens), 10 inode. Of unix: 4 flags (00010000: listens), 7 inode, 8 path.
  # The Unix sockets first: they never have TLS, which a health check does not use.
  for table in unix tcp tcp6; do
    awk -v sockets=" $sockets" -v table=$table '
      function number(hex, i, value) {
        value = 0
        for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
        return value
      }
      # Byte n, counted from 1, of an address in words of four bytes, each with the last byte first.
      function byte(hex, n, word) {
        word = int((n - 1) / 4)
        return substr(hex, word * 8 + 7 - 2 * ((n - 1) % 4), 2)
      }
      table == "unix" {
        if ($4 == "00010000" && index(sockets, " " $7 " ") && $8 ~ /^\//) print "unix:" $8
        next
      }
      $4 == "0A" && index(sockets, " " $10 " ") {
        split($2, parts, ":")
        hex = parts[1]
        if (table == "tcp") {
          address = number(byte(hex, 1)) "." number(byte(hex, 2)) "." number(byte(hex, 3)) "." number(byte(hex, 4))
          if (address == "0.0.0.0") address = "127.0.0.1"
        } else if (hex ~ /^0*$/) {
          # All addresses, of IPv6 only or of both kinds.
          print "127.0.0.1:" number(parts[2])
          address = "[::1]"
        } else {
          address = ""
          for (n = 1; n <= 16; n += 2) address = address (n > 1 ? ":" : "") byte(hex, n) byte(hex, n + 1)
          address = "[" address "]"
        }
        print address ":" number(parts[2])
      }
    ' "/proc/$1/net/$table" 2>/dev/null
  done
}
