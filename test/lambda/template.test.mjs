// template.test.mjs - deploy/template.yaml: is it a template of CloudFormation and SAM, does every reference lead
// somewhere, does it route the whole API, and do its functions have the rights that the engine's calls need and
// no others?
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import cfnspec from '@aws-cdk/cfnspec';
import { parse, parseDocument } from 'yaml';

const root = new URL('../../', import.meta.url);
const read = (name) => readFileSync(new URL(name, root), 'utf8');
const text = read('deploy/template.yaml');

// CloudFormation's short forms, as the long ones: !Ref x is { Ref: x }.
const short = ['Ref', 'Condition', 'GetAtt', 'Sub', 'Join', 'If', 'Not', 'Equals', 'And', 'Or', 'Select', 'Split', 'ImportValue'];
const long = (name) => (name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`);
const customTags = short.flatMap((name) => [
    { tag: `!${name}`, resolve: (value) => ({ [long(name)]: name === 'GetAtt' ? value.split(/\.(.*)/s).slice(0, 2) : value }) },
    { tag: `!${name}`, collection: 'seq', resolve: (seq) => ({ toJSON: () => ({ [long(name)]: seq.toJSON() }) }) },
]);
const document = parseDocument(text, { customTags });
const template = JSON.parse(JSON.stringify(document.toJS()));
const { Resources: resources, Parameters: parameters, Conditions: conditions } = template;
const ofType = (type) => Object.entries(resources).filter(([, resource]) => resource.Type === type);
const functions = ofType('AWS::Serverless::Function');
const pseudo = ['AWS::AccountId', 'AWS::NoValue', 'AWS::Partition', 'AWS::Region', 'AWS::StackId', 'AWS::StackName', 'AWS::URLSuffix'];

function* walk(value, path = '') {
    yield [path, value];
    if (value && typeof value === 'object') {
        for (const [key, child] of Object.entries(value)) yield* walk(child, `${path}/${key}`);
    }
}

test('it is YAML without a fault', () => {
    assert.deepEqual(document.errors, []);
    assert.deepEqual(document.warnings, []);
    assert.equal(template.Transform, 'AWS::Serverless-2016-10-31');
    assert.deepEqual(Object.keys(template).filter((key) => !['AWSTemplateFormatVersion', 'Transform', 'Description',
        'Parameters', 'Conditions', 'Globals', 'Resources', 'Outputs'].includes(key)), []);
});

// ---- against the published specifications -----------------------------------------------------------------

const spec = cfnspec.specification();
// What the specification, which is some years old, spells otherwise or does not know yet.
const newer = { 'AWS::Serverless::HttpApi': ['AccessLogSettings', 'Name'] };

function nestedOf(type, property) {
    const name = property.ItemType ?? (property.Type !== 'List' && property.Type !== 'Map' ? property.Type : undefined);
    return name && (spec.PropertyTypes[`${type}.${name}`] ?? spec.PropertyTypes[name]);
}

const isFunctionCall = (value) => value && typeof value === 'object' && !Array.isArray(value)
    && Object.keys(value).length === 1 && /^(Ref|Fn::.*)$/.test(Object.keys(value)[0]);

function* faults(type, definition, value, path) {
    const known = definition.Properties ?? {};
    for (const [name, property] of Object.entries(known)) {
        if (property.Required && value[name] === undefined) yield `${path}: ${name} is missing`;
    }
    for (const [name, child] of Object.entries(value)) {
        if (newer[type]?.includes(name)) continue;
        if (!known[name]) {
            yield `${path}: there is no ${name}`;
            continue;
        }
        const nested = nestedOf(type, known[name]);
        if (!nested?.Properties || isFunctionCall(child) || typeof child !== 'object') continue;
        for (const one of Array.isArray(child) ? child : [child]) {
            if (one && typeof one === 'object' && !isFunctionCall(one) && known[name].Type !== 'Map') {
                yield* faults(type, nested, one, `${path}/${name}`);
            }
        }
    }
}

test('every resource has a type that there is, the properties that it needs, and no others', () => {
    for (const [name, { Type, Properties = {} }] of Object.entries(resources)) {
        const definition = spec.ResourceTypes[Type];
        assert.ok(definition, `${name}: ${Type}`);
        if (Type.startsWith('AWS::Serverless::')) {
            const extra = Object.keys(Properties).filter((key) => !definition.Properties[key] && !newer[Type]?.includes(key));
            assert.deepEqual(extra, [], name);
        } else {
            assert.deepEqual([...faults(Type, definition, Properties, name)], []);
        }
    }
});

test('cfn-lint, where it is installed, finds nothing', (t) => {
    const found = spawnSync('cfn-lint', ['deploy/template.yaml'], { cwd: root, encoding: 'utf8', timeout: 120_000 });
    if (found.error || found.status === 127) t.skip('cfn-lint is not installed');
    else assert.equal(found.status, 0, found.stdout + found.stderr);
});

// ---- references ---------------------------------------------------------------------------------------------

const known = (name) => name in resources || name in parameters || pseudo.includes(name);

test('every Ref, GetAtt, Sub, If and DependsOn leads somewhere', () => {
    let count = 0;
    for (const [path, value] of walk(template)) {
        if (!value || typeof value !== 'object') continue;
        if ('Ref' in value) assert.ok(known(value.Ref), `${path}: Ref ${value.Ref}`);
        if ('Fn::GetAtt' in value) assert.ok(value['Fn::GetAtt'][0] in resources, `${path}: GetAtt ${value['Fn::GetAtt']}`);
        if ('Fn::If' in value) assert.ok(value['Fn::If'][0] in conditions, `${path}: If ${value['Fn::If'][0]}`);
        if (typeof value.Condition === 'string') assert.ok(value.Condition in conditions, `${path}: Condition`);
        if ('DependsOn' in value) assert.ok(value.DependsOn in resources, `${path}: DependsOn ${value.DependsOn}`);
        for (const [, name] of (value['Fn::Sub'] ?? '').matchAll(/\$\{([^}]+)\}/g)) {
            assert.ok(known(name.split('.')[0]), `${path}: Sub ${name}`);
        }
        count += 'Ref' in value || 'Fn::GetAtt' in value || 'Fn::Sub' in value;
    }
    assert.ok(count > 100, `${count} references`);
});

test('every parameter and condition is used', () => {
    for (const name of Object.keys(parameters)) assert.match(text, new RegExp(`(!Ref ${name}\\b|\\$\\{${name}\\})`), name);
    for (const name of Object.keys(conditions)) assert.match(text, new RegExp(`(!If\\s*(\\[|- |\\n\\s*- )${name}|Condition: ${name})\\b`), name);
});

// ---- the API ------------------------------------------------------------------------------------------------

const routes = functions.flatMap(([name, { Properties }]) => Object.values(Properties.Events)
    .filter(({ Type }) => Type === 'HttpApi').map(({ Properties: { Path, ApiId } }) => ({ name, path: Path, api: ApiId.Ref })));

function routeOf(path) {
    const fits = routes.filter((route) => route.path === path
        || (route.path.endsWith('/{proxy+}') && path.startsWith(route.path.slice(0, -'{proxy+}'.length))
            && path.length > route.path.length - '{proxy+}'.length));
    return fits.sort((a, b) => b.path.length - a.path.length)[0];
}

test('every address of the API has a route, and every route an address', () => {
    const paths = Object.keys(parse(read('openapi.yaml')).paths);
    assert.ok(paths.length > 30);
    for (const path of [...paths, '/', '/docs', '/metrics']) assert.ok(routeOf(path), `${path} has no route`);
    const used = new Set(paths.map((path) => routeOf(path).path));
    const pages = ['/', '/docs', '/docs/{proxy+}', '/metrics', '/openapi.yaml'];
    assert.deepEqual(routes.map(({ path }) => path).filter((path) => !used.has(path) && !pages.includes(path)), []);
    assert.ok(routes.every(({ api }) => api === 'Api'));
    assert.equal(new Set(routes.map(({ path }) => path)).size, routes.length);
});

test('the API throttles, logs what is nobody\'s business, and leaves authorisation to the program', () => {
    const { Properties } = resources.Api;
    assert.ok(Properties.DefaultRouteSettings.ThrottlingRateLimit && Properties.DefaultRouteSettings.ThrottlingBurstLimit);
    const format = JSON.parse(Properties.AccessLogSettings.Format);
    assert.ok(format.request_id && format.status && format.latency_ms);
    assert.doesNotMatch(Properties.AccessLogSettings.Format, /sourceIp|querystring|context\.path\b|userAgent|authorizer/i);
    assert.equal(Properties.Auth, undefined);
});

// ---- tables and rights --------------------------------------------------------------------------------------

test('the tables are as the engine makes them, encrypted, kept, and guarded in prod', () => {
    const made = read('src/store/dynamo/tables.c').replaceAll('\\"', '"');
    for (const key of ['"AttributeName":"pk","KeyType":"HASH"', '"AttributeName":"sk","KeyType":"RANGE"',
        '"AttributeName":"pk","AttributeType":"B"', '"AttributeName":"sk","AttributeType":"B"']) assert.ok(made.includes(key), key);
    const tables = ofType('AWS::DynamoDB::Table');
    assert.equal(tables.length, 4);
    for (const [name, { Properties, DeletionPolicy }] of tables) {
        assert.deepEqual(Properties.KeySchema, [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }]);
        assert.ok(Properties.AttributeDefinitions.every(({ AttributeType }) => AttributeType === 'B'), name);
        assert.equal(Properties.BillingMode, 'PAY_PER_REQUEST');
        assert.equal(Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true);
        assert.equal(Properties.SSESpecification.SSEType, 'KMS');
        assert.equal(Properties.TimeToLiveSpecification.Enabled, true);
        assert.deepEqual(Properties.DeletionProtectionEnabled, { 'Fn::If': ['IsProd', true, false] });
        assert.equal(DeletionPolicy, 'Retain');
    }
});

// What the engine asks of DynamoDB, and the right that each needs. TransactWriteItems needs those of its parts.
const needs = { GetItem: ['GetItem'], BatchGetItem: ['BatchGetItem'], TransactGetItems: ['GetItem'], Query: ['Query'],
    PutItem: ['PutItem'], DeleteItem: ['DeleteItem'], TransactWriteItems: ['PutItem', 'DeleteItem', 'ConditionCheckItem'] };
// What only an operator's commands do: verify, copy, tables create, tables check.
const operators = ['Scan', 'BatchWriteItem', 'CreateTable', 'DescribeTable', 'UpdateContinuousBackups'];

function operationsOfTheEngine() {
    const folder = new URL('src/store/dynamo/', root);
    const code = readdirSync(folder).filter((name) => name.endsWith('.c')).map((name) => read(`src/store/dynamo/${name}`)).join('\n');
    const named = new Set([...code.matchAll(/"((?:Transact|Batch)?(?:Get|Write|Put|Delete|Update)Items?|Query|Scan|[A-Z][a-z]+(?:Table|ContinuousBackups|TimeToLive))"/g)]
        .map(([, name]) => name));
    const parts = [...code.matchAll(/\{\\"(Put|Delete|Update|ConditionCheck)\\":\{/g)].map(([, name]) => name);
    return { named, parts: new Set(parts) };
}

const statementsOf = ({ Properties }) => Properties.Policies.flatMap(({ Statement }) => Statement);
const actionsOf = (statement) => [statement.Action].flat();

test('the functions may do what the engine does, and nothing else', () => {
    const { named, parts } = operationsOfTheEngine();
    for (const name of named) assert.ok(needs[name] || operators.includes(name), `the engine calls ${name}, which nobody has thought of here`);
    for (const name of Object.keys(needs)) assert.ok(named.has(name), `the engine does not call ${name} any more`);
    assert.ok(parts.has('ConditionCheck') && !parts.has('Update'), [...parts].join());
    const wanted = [...new Set([...named].flatMap((name) => needs[name] ?? []))].map((name) => `dynamodb:${name}`).sort();
    const given = new Set(functions.flatMap(([, resource]) => statementsOf(resource)).flatMap(actionsOf));
    const ours = [...given].filter((action) => !action.startsWith('cognito-idp:'));
    assert.deepEqual(ours.sort(), [...wanted, 'kms:Decrypt'].sort());
});

// The actions that the program signs; the others are everybody's, and need no right.
const signed = [...read('src/outside/cognito_ask.c').matchAll(/\{TARGET "(\w+)", (true|false)\}/g)];

test('the function of logins may do with the pool what the program asks of it, and no other function may', () => {
    assert.ok(signed.some(([, , is]) => is === 'true') && signed.some(([, , is]) => is === 'false'));
    for (const [, name, is] of signed) assert.equal(name.startsWith('Admin'), is === 'true', name);
    const wanted = signed.filter(([, , is]) => is === 'true').map(([, name]) => `cognito-idp:${name}`).sort();
    for (const [name, resource] of functions) {
        const given = statementsOf(resource).filter((one) => actionsOf(one).some((action) => action.startsWith('cognito-idp:')));
        assert.deepEqual(given.flatMap(actionsOf).sort(), name === 'AuthFunction' ? wanted : [], name);
        for (const { Resource } of given) assert.deepEqual(Resource, { 'Fn::GetAtt': ['UserPool', 'Arn'] });
    }
    for (const path of ['/auth/login', '/auth/password/reset', '/users', '/users/{user_id}']) assert.equal(routeOf(path).name, 'AuthFunction', path);
});

test('the pool and its client are as the program needs them, and no more open than that', () => {
    const { Properties: pool, DeletionPolicy } = resources.UserPool;
    assert.deepEqual(pool.UsernameAttributes, ['email']);
    assert.equal(pool.AdminCreateUserConfig.AllowAdminCreateUserOnly, true);
    assert.equal(pool.MfaConfiguration, 'OFF');
    assert.equal(DeletionPolicy, 'Retain');
    assert.deepEqual(pool.DeletionProtection, { 'Fn::If': ['IsProd', 'ACTIVE', 'INACTIVE'] });
    const minimum = Number(read('src/sec/password.h').match(/PASSWORD_MIN = (\d+)/)[1]);
    assert.equal(pool.Policies.PasswordPolicy.MinimumLength, minimum, 'our own rules are the stricter ones');
    const { Properties: client } = resources.UserPoolClient;
    const flows = [...new Set([...read('src/outside/cognito.c').matchAll(/"(\w+_AUTH)"/g)].map(([, flow]) => `ALLOW_${flow}`))];
    assert.deepEqual([...client.ExplicitAuthFlows].sort(), flows.sort());
    assert.equal(client.GenerateSecret, false);
    assert.equal(client.PreventUserExistenceErrors, 'ENABLED');
    assert.equal(client.EnableTokenRevocation, true);
    const groups = ofType('AWS::Cognito::UserPoolGroup').map(([, { Properties }]) => Properties.GroupName).sort();
    assert.deepEqual(groups, ['admin', 'patient', 'staff']);
    const { Variables } = template.Globals.Function.Environment;
    assert.deepEqual([Variables.USER_POOL_ID, Variables.USER_POOL_CLIENT_ID], [{ Ref: 'UserPool' }, { Ref: 'UserPoolClient' }]);
});

test('no right goes beyond a table that is named, and writing is for where an area writes', () => {
    for (const [name, resource] of functions) {
        for (const statement of statementsOf(resource)) {
            assert.equal(statement.Effect, 'Allow');
            for (const action of actionsOf(statement)) assert.doesNotMatch(action, /\*/);
            for (const where of [statement.Resource].flat()) {
                assert.ok(where['Fn::GetAtt']?.[1] === 'Arn' && /(Table|DataKey|UserPool)$/.test(where['Fn::GetAtt'][0]), `${name}: ${JSON.stringify(where)}`);
            }
        }
    }
    const writes = (name) => statementsOf(resources[name]).filter((one) => actionsOf(one).includes('dynamodb:PutItem'))
        .flatMap(({ Resource }) => Resource.map((where) => where['Fn::GetAtt'][0]));
    assert.deepEqual(writes('AuthFunction'), ['PatientsTable', 'SystemTable']);
    assert.deepEqual(writes('PatientsFunction'), ['PatientsTable', 'SystemTable']);
    assert.ok(!writes('PracticesFunction').includes('AppointmentsTable'));
});

// ---- functions, logs, alarms --------------------------------------------------------------------------------

test('every function: one artefact, settings that the program knows, a log of its own, tracing', () => {
    const { Function: globals } = template.Globals;
    assert.equal(globals.Runtime, 'provided.al2023');
    assert.equal(globals.Tracing, 'Active');
    assert.equal(globals.Environment.Variables.STORE, 'dynamodb');
    const settings = read('src/base/settings.c');
    for (const name of Object.keys(globals.Environment.Variables)) assert.ok(settings.includes(`.variable = "${name}"`), name);
    assert.deepEqual(functions.map(([name]) => name).sort(),
        ['AppointmentsFunction', 'AuthFunction', 'JobsFunction', 'PatientsFunction', 'PracticesFunction']);
    for (const [name, resource] of functions) {
        const log = resources[resource.DependsOn];
        assert.equal(log.Properties.LogGroupName['Fn::Sub'], `/aws/lambda/${resource.Properties.FunctionName['Fn::Sub']}`, name);
        assert.match(log.Properties.LogGroupName['Fn::Sub'], /^\/aws\/lambda\/nhs-appointment-/);
    }
    assert.equal(resources.JobsFunction.Properties.Events.EveryMinute.Type, 'Schedule');
});

test('the alarms look at metrics that the program writes', () => {
    const metrics = read('src/front/lambda_metrics.c');
    const alarms = ofType('AWS::CloudWatch::Alarm');
    assert.ok(alarms.length >= 6);
    for (const [name, { Properties }] of alarms) {
        assert.deepEqual(Properties.AlarmActions, [{ Ref: 'AlarmTopic' }], name);
        assert.equal(Properties.Metrics.filter(({ ReturnData }) => ReturnData).length, 1, name);
        const own = Properties.Metrics.map(({ MetricStat }) => MetricStat?.Metric).filter((one) => one?.Namespace === 'opendoor');
        for (const { MetricName, Dimensions } of own) {
            assert.ok(metrics.includes(`{"${MetricName}", `), `${name}: ${MetricName}`);
            assert.deepEqual(Dimensions.map((one) => one.Name), ['Environment']);
        }
    }
});
