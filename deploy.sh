#!/bin/sh
# deploy.sh - the deployment on AWS: deploy/deploy.sh, which explains itself with --help.
exec "$(dirname "$0")/deploy/deploy.sh" "$@"
