#!/bin/bash
set -e
[ $# -gt 0 ] || set -- bash
exec "$@"
