#!/bin/sh
# The unit of a deployment over ssh would hide that of the package.
set -e

if [ "$1" = install ] && [ -e @HOME@/current ]; then
  echo "@PROGRAM@ was installed here by deploy push, in @HOME@: remove it first, with deploy remove (the configuration stays)." >&2
  exit 1
fi
