// SPDX-License-Identifier: Apache-2.0
// Real answers against the schemas of docs/openapi.yaml.
import Ajv2020 from 'ajv/dist/2020.js';
import { follow, openapi } from './documents.mjs';

const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(openapi, 'openapi.yaml');

/** A validator of a schema of the document. */
export function compile(schema) {
    const absolute = JSON.parse(
        JSON.stringify(schema, (key, value) =>
            key === '$ref' && value.startsWith('#/') ? `openapi.yaml${value}` : value,
        ),
    );
    return ajv.compile(absolute);
}

/** What is wrong with an answer {status, type, json, bytes} of an operation; '' = nothing. */
export function faults(operation, answer) {
    const response = follow(openapi, operation.responses[String(answer.status)]);
    if (!response) return `${answer.status} is not documented`;
    if (!response.content) return answer.bytes.length ? 'a body that is not documented' : '';
    const type = answer.type.split(';')[0].trim();
    const content = response.content[type];
    if (!content) return `${type} is not documented for ${answer.status}`;
    for (const name of Object.keys(response.headers ?? {}))
        if (answer.headers[name.toLowerCase()] === undefined) return `no header ${name}`;
    if (!content.schema || content.schema.format === 'binary') return '';
    const valid = compile(content.schema);
    if (valid(/json/.test(type) ? answer.json : answer.bytes.toString())) return '';
    return ajv.errorsText(valid.errors, { dataVar: 'answer' });
}
