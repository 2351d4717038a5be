#!/bin/sh
# deploy.sh - opendoor on AWS: packages the program, deploys template.yaml with AWS SAM, says where it is. See --help.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname "$here")

environment=dev
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-eu-west-2}}
guided=no
cleanup=no
dry_run=no
prod_too=no
delete_data=no
yes=no
alarm_email=
cors_origins=

say() { printf '== %s\n' "$*"; }
warn() { printf 'deploy: %s\n' "$*" >&2; }
die() { warn "$*"; exit 1; }

help() {
    cat <<'TEXT'
usage: ./deploy.sh [--environment dev|staging|prod] [--region REGION] [OPTION...]

  --environment NAME    dev (default), staging or prod
  --region REGION       eu-west-2 by default, or what AWS_REGION says
  --guided              ask for the settings of the first deployment and keep them in samconfig.toml
  --alarm-email ADDR    who is told of alarms
  --cors-origins LIST   web sites whose pages may call the API, with commas between them
  --dry-run             say what would be done, and do nothing
  --cleanup             take the installation down. The tables, the keys and the user pool stay
  --delete-data         with --cleanup: delete those too; never in prod
  --yes                 with --cleanup: do not ask
  --really-prod         with --cleanup: needed for prod
  --help                this text

It needs the AWS CLI (`aws`), the SAM CLI (`sam`) and credentials, and looks for all of them first.
TEXT
}

value_of() { # OPTION VALUE-OR-NOTHING
    [ "$2" -ge 2 ] || die "$1 needs a value; see --help"
}

while [ $# -gt 0 ]; do
    case $1 in
    --environment | --env | -e) value_of "$1" $#; environment=$2; shift ;;
    --environment=*) environment=${1#*=} ;;
    --region | -r) value_of "$1" $#; region=$2; shift ;;
    --region=*) region=${1#*=} ;;
    --alarm-email) value_of "$1" $#; alarm_email=$2; shift ;;
    --alarm-email=*) alarm_email=${1#*=} ;;
    --cors-origins) value_of "$1" $#; cors_origins=$2; shift ;;
    --cors-origins=*) cors_origins=${1#*=} ;;
    --guided | -g) guided=yes ;;
    --cleanup) cleanup=yes ;;
    --dry-run) dry_run=yes ;;
    --delete-data) delete_data=yes ;;
    --really-prod) prod_too=yes ;;
    --yes) yes=yes ;;
    --help | -h) help; exit 0 ;;
    *) warn "there is no option $1"; help >&2; exit 2 ;;
    esac
    shift
done

case $environment in
dev | staging | prod) ;;
*) die "--environment is dev, staging or prod, not \"$environment\"" ;;
esac
case $region in
*[!a-z0-9-]* | '') die "--region is a name like eu-west-2, not \"$region\"" ;;
esac
if [ "$cleanup" = no ] && [ "$delete_data$yes$prod_too" != nonono ]; then
    die "--delete-data, --yes and --really-prod belong to --cleanup"
fi
stack=nhs-appointment-$environment
artefact=$root/dist/opendoor-lambda-x86_64.zip

# ---- what has to be there ----------------------------------------------------------------------------------

# Everything that is missing is said at once.
check_tools() {
    missing=no
    command -v aws >/dev/null || { missing=yes; warn "the AWS CLI (aws) is not there: https://docs.aws.amazon.com/cli/"; }
    [ "$cleanup" = yes ] || command -v sam >/dev/null || {
        missing=yes
        warn "the SAM CLI (sam) is not there: https://docs.aws.amazon.com/serverless-application-model/"
    }
    if command -v aws >/dev/null && ! account=$(aws sts get-caller-identity --query Account --output text 2>/dev/null); then
        missing=yes
        warn "there are no working AWS credentials: run \`aws configure\`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
    fi
    [ "$missing" = no ] || exit 1
}

# run COMMAND...: does it, or says it.
run() {
    if [ "$dry_run" = yes ]; then
        printf 'would run:'
        printf ' %s' "$@"
        printf '\n'
    else
        "$@"
    fi
}

# output NAME: an output of the stack as it is; nothing if there is none.
output() {
    aws cloudformation describe-stacks --stack-name "$stack" --region "$region" \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" --output text 2>/dev/null | grep -v '^None$' || true
}

# ---- deploy ------------------------------------------------------------------------------------------------

package() {
    [ -f "$artefact" ] && [ -z "$(find "$root/src" "$root/meson.build" -newer "$artefact" -type f | head -n 1)" ] &&
        return 0
    say "packaging the program"
    run "$root/dev" package
}

# sam_deploy URL: URL is what links begin with; empty the first time, when nobody knows it yet.
sam_deploy() {
    set -- "Environment=$environment" ${1:+"ApiGatewayUrl=$1"} ${alarm_email:+"AlarmEmail=$alarm_email"} \
        ${cors_origins:+"CorsOrigins=$cors_origins"}
    if [ "$guided" = yes ]; then
        run sam deploy --guided --template-file "$here/template.yaml" --stack-name "$stack" --region "$region" \
            --capabilities CAPABILITY_IAM --parameter-overrides "$@"
    else
        run sam deploy --template-file "$here/template.yaml" --stack-name "$stack" --region "$region" \
            --capabilities CAPABILITY_IAM --resolve-s3 --no-confirm-changeset --no-fail-on-empty-changeset \
            --tags "project=opendoor" "environment=$environment" --parameter-overrides "$@"
    fi
}

deploy() {
    say "account $account, region $region, stack $stack"
    package
    url=$(output ApiUrl)
    sam_deploy "$url"
    [ "$dry_run" = no ] || return 0
    if [ -z "$url" ]; then
        url=$(output ApiUrl)
        guided=no
        say "once more, now that the address of the API is known"
        sam_deploy "$url"
    fi
    say "the API is at $url"
    say "try it: curl $url/health"
    say "keep a copy of the master key apart from AWS: aws secretsmanager get-secret-value --region $region" \
        "--secret-id $stack-master-key --query SecretString --output text"
}

# ---- cleanup -----------------------------------------------------------------------------------------------

confirm() {
    [ "$yes" = no ] || return 0
    [ "$dry_run" = no ] || return 0
    printf 'Type the name of the stack (%s) to go on: ' "$stack"
    read -r answer || answer=
    [ "$answer" = "$stack" ] || die "nothing was done"
}

delete_tables() {
    for name in "$@"; do
        [ -n "$name" ] || continue
        run aws dynamodb delete-table --region "$region" --table-name "$name" >/dev/null || warn "$name is still there"
    done
}

take_down() {
    if [ "$environment" = prod ]; then
        [ "$prod_too" = yes ] || die "this is prod: --cleanup needs --really-prod as well"
        [ "$delete_data" = no ] || die "the data of prod is not deleted from here; do it by hand, table by table"
    fi
    say "account $account, region $region: the stack $stack goes away"
    [ "$delete_data" = no ] || say "and with it all its data, which nobody can bring back"
    confirm
    tables="$(output AppointmentsTable) $(output PatientsTable) $(output PracticesTable) $(output SystemTable)"
    pool=$(output UserPoolId)
    run aws cloudformation delete-stack --stack-name "$stack" --region "$region"
    run aws cloudformation wait stack-delete-complete --stack-name "$stack" --region "$region"
    if [ "$delete_data" = no ]; then
        say "these stay, and cost a little: the tables ($tables), the user pool ($pool), the secret" \
            "$stack-master-key and the KMS key that they are encrypted with"
        return 0
    fi
    # shellcheck disable=SC2086  # a list of names
    delete_tables $tables
    [ -z "$pool" ] || run aws cognito-idp delete-user-pool --region "$region" --user-pool-id "$pool" ||
        warn "the user pool is still there"
    run aws secretsmanager delete-secret --region "$region" --secret-id "$stack-master-key" --recovery-window-in-days 7 \
        >/dev/null || warn "the secret is still there"
    say "gone. The master key can be brought back for 7 days; the KMS key stays until you schedule its deletion"
}

account=unknown
check_tools
if [ "$cleanup" = yes ]; then
    take_down
else
    deploy
fi
