// local.cjs - starts npm's cognito-local with HOST and PORT, in the folder that it is started in. cognito-local
// can run Lambda functions and encrypt with KMS, which these tests never ask for, so the 110 MB of libraries for
// that are not installed (package.json, overrides); what is left of them here lets it start.
'use strict';

const Module = require('node:module');

const without = {
    'aws-sdk': { Lambda: class {}, KMS: class {} },
    'aws-sdk/package.json': { version: '0' },
    '@aws-crypto/client-node': { buildClient: () => ({}), CommitmentPolicy: {} },
};
const load = Module._load;
Module._load = (name, ...rest) => without[name] ?? load(name, ...rest);

// Whoever started it holds the other end of standard input, and may die without a word.
process.stdin.on('end', () => process.exit(0)).resume();

require('cognito-local/lib/bin/start.js');
