/** An OpenAPI document as the reference shows it. The API has checked the document; what is not as expected is left out. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json | undefined;
}

/** A line of a schema: a property, or the items of a list. */
export interface SchemaRow {
  name: string;
  /** How deep it is nested, from 0. */
  level: number;
  type: string;
  required: boolean;
  description: string;
  /** Limits and listed values, in words of JSON Schema. */
  limits: string[];
}

export interface Content {
  mediaType: string;
  type: string;
  rows: SchemaRow[];
  /** An example as text; empty when none can be made. */
  example: string;
}

export interface Parameter {
  name: string;
  place: 'path' | 'query' | 'header' | 'cookie';
  type: string;
  required: boolean;
  description: string;
  limits: string[];
  example: string;
}

export interface Operation {
  /** Unique in the document: method and path. */
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  deprecated: boolean;
  parameters: Parameter[];
  body: { required: boolean; description: string; contents: Content[] } | null;
  responses: { status: string; description: string; contents: Content[] }[];
}

export interface Reference {
  title: string;
  version: string;
  description: string;
  servers: string[];
  /** The ways in which calls are authenticated. */
  security: { name: string; text: string }[];
  /** Operations by their first tag, in the order of the document. */
  groups: { name: string; description: string; operations: Operation[] }[];
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
/** The most levels of a schema that are shown. */
const MOST_LEVELS = 6;
/** The most rows of a schema that are shown. */
const MOST_ROWS = 200;
/** References one after the other. */
const MOST_STEPS = 16;
/** The most schemas that are looked at for the rows or the example of one content, and the most alternatives of a type. */
const MOST_VISITS = 2000;
const MOST_ALTERNATIVES = 8;
/** How deep a type is looked into: lists of lists, and alternatives within alternatives. */
const MOST_TYPE_LEVELS = 3;

export function read(document: JsonObject): Reference {
  const reader = new Reader(document);
  const info = object(document['info']);
  return {
    title: text(info['title']),
    version: text(info['version']),
    description: text(info['description']),
    servers: list(document['servers']).map((server) => text(object(server)['url'])),
    security: reader.security(),
    groups: reader.groups(),
  };
}

class Reader {
  readonly #root: JsonObject;
  /** What is left of {@link MOST_VISITS}: schemas that contain each other have more paths than anybody reads. */
  #visits = MOST_VISITS;
  /** What was worked out before: large documents refer to the same schemas again and again. */
  readonly #found = new Map<string, Json | undefined>();
  readonly #types = new WeakMap<JsonObject, string>();

  constructor(root: JsonObject) {
    this.#root = root;
  }

  /** The value itself, or what its `$ref` leads to. */
  resolved(value: Json | undefined): JsonObject {
    let found = object(value);
    for (let step = 0; step < MOST_STEPS && typeof found['$ref'] === 'string'; step += 1)
      found = object(this.#at(found['$ref']));
    return found;
  }

  #at(reference: string): Json | undefined {
    if (this.#found.has(reference)) return this.#found.get(reference);
    let found: Json | undefined = this.#root;
    for (const part of reference.split('/').slice(1)) {
      const name = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
      found = Array.isArray(found) ? found[Number(name)] : object(found)[name];
    }
    this.#found.set(reference, found);
    return found;
  }

  security(): Reference['security'] {
    const schemes = object(object(this.#root['components'])['securitySchemes']);
    return Object.keys(schemes).map((name) => {
      const scheme = this.resolved(schemes[name]);
      const kind = text(scheme['type']);
      const how =
        kind === 'apiKey'
          ? `${text(scheme['name'])} (${text(scheme['in'])})`
          : kind === 'http'
            ? `Authorization: ${text(scheme['scheme'])}`
            : kind;
      return { name, text: how };
    });
  }

  groups(): Reference['groups'] {
    const described = new Map(
      list(this.#root['tags']).map((tag) => [text(object(tag)['name']), text(object(tag)['description'])]),
    );
    const groups = new Map<string, Operation[]>();
    for (const [path, value] of Object.entries(object(this.#root['paths']))) {
      const item = this.resolved(value);
      for (const method of METHODS.filter((method) => item[method] !== undefined)) {
        const node = object(item[method]);
        const tag = text(list(node['tags'])[0]);
        groups.set(tag, [...(groups.get(tag) ?? []), this.#operation(path, method, item, node)]);
      }
    }
    return [...groups].map(([name, operations]) => ({ name, description: described.get(name) ?? '', operations }));
  }

  #operation(path: string, method: string, item: JsonObject, node: JsonObject): Operation {
    const own = list(node['parameters']).map((one) => this.resolved(one));
    const shared = list(item['parameters']).map((one) => this.resolved(one));
    const isReplaced = (one: JsonObject) =>
      own.some(({ name, in: place }) => name === one['name'] && place === one['in']);
    const body = node['requestBody'] === undefined ? null : this.resolved(node['requestBody']);
    return {
      id: `${method} ${path}`,
      method: method.toUpperCase(),
      path,
      summary: text(node['summary']) || text(node['operationId']),
      description: text(node['description']),
      deprecated: node['deprecated'] === true,
      parameters: [...shared.filter((one) => !isReplaced(one)), ...own].map((one) => this.#parameter(one)),
      body: body && {
        required: body['required'] === true,
        description: text(body['description']),
        contents: this.#contents(body),
      },
      responses: Object.entries(object(node['responses'])).map(([status, value]) => {
        const response = this.resolved(value);
        return { status, description: text(response['description']), contents: this.#contents(response) };
      }),
    };
  }

  #parameter(node: JsonObject): Parameter {
    const content = Object.values(object(node['content']))[0];
    const schema = this.resolved(node['schema'] ?? object(content)['schema']);
    const example = node['example'] ?? schema['example'] ?? schema['default'] ?? list(schema['enum'])[0];
    return {
      name: text(node['name']),
      place: text(node['in']) as Parameter['place'],
      type: this.#type(schema),
      required: node['required'] === true,
      description: text(node['description']) || text(schema['description']),
      limits: limits(schema),
      example: example === undefined ? '' : typeof example === 'string' ? example : JSON.stringify(example),
    };
  }

  #contents(node: JsonObject): Content[] {
    return Object.entries(object(node['content'])).map(([mediaType, value]) => {
      const content = object(value);
      this.#visits = MOST_VISITS;
      const given = content['example'] ?? this.resolved(Object.values(object(content['examples']))[0])['value'];
      const made = given ?? (content['schema'] === undefined ? undefined : this.#example(content['schema'], 0));
      this.#visits = MOST_VISITS;
      const rows: SchemaRow[] = [];
      this.#rows(content['schema'], 0, rows, []);
      return {
        mediaType,
        type: this.#type(this.resolved(content['schema'])),
        rows,
        example: made === undefined ? '' : typeof made === 'string' ? made : JSON.stringify(made, null, 2),
      };
    });
  }

  /** A schema with what its `allOf` adds. */
  #whole(value: Json | undefined): JsonObject {
    const schema = this.resolved(value);
    const parts = list(schema['allOf']).map((part) => this.resolved(part));
    if (parts.length === 0) return schema;
    const properties = Object.assign({}, ...[...parts, schema].map((part) => object(part['properties'])));
    const required = [...parts, schema].flatMap((part) => list(part['required']));
    return { ...Object.assign({}, ...parts, schema), properties, required };
  }

  #rows(value: Json | undefined, level: number, rows: SchemaRow[], above: readonly JsonObject[]): void {
    const schema = this.#whole(value);
    const known = this.resolved(value);
    // A schema may contain itself.
    if (level >= MOST_LEVELS || above.includes(known) || (this.#visits -= 1) < 0) return;
    const required = list(schema['required']);
    for (const [name, property] of Object.entries(object(schema['properties']))) {
      if (rows.length >= MOST_ROWS) return;
      const inner = this.#whole(property);
      rows.push({
        name,
        level,
        type: this.#type(inner),
        required: required.includes(name),
        description: text(object(property)['description']) || text(inner['description']),
        limits: limits(inner),
      });
      this.#rows(property, level + 1, rows, [...above, known]);
    }
    if (schema['items'] !== undefined) this.#rows(schema['items'], level, rows, [...above, known]);
    for (const other of [...list(schema['oneOf']), ...list(schema['anyOf'])])
      this.#rows(other, level, rows, [...above, known]);
  }

  #type(schema: JsonObject): string {
    const known = this.#types.get(schema);
    if (known !== undefined) return known;
    const made = this.#typeWithin(schema, 0);
    this.#types.set(schema, made);
    return made;
  }

  #typeWithin(schema: JsonObject, level: number): string {
    // A list may be one of itself, and an alternative lead back to where it stands.
    if (level > MOST_TYPE_LEVELS) return '';
    const named = Array.isArray(schema['type']) ? schema['type'].map(text).join(' | ') : text(schema['type']);
    if (named === 'array') return `${this.#typeWithin(this.resolved(schema['items']), level + 1) || 'any'}[]`;
    const format = text(schema['format']);
    if (named) return format ? `${named} (${format})` : named;
    const others = [...list(schema['oneOf']), ...list(schema['anyOf'])]
      .slice(0, MOST_ALTERNATIVES)
      .map((one) => this.#typeWithin(this.resolved(one), level + 1));
    if (others.length > 0) return [...new Set(others.filter(Boolean))].join(' | ');
    return schema['properties'] === undefined && schema['allOf'] === undefined ? '' : 'object';
  }

  #example(value: Json | undefined, level: number): Json | undefined {
    const schema = this.#whole(value);
    const given =
      schema['example'] ??
      list(schema['examples'])[0] ??
      schema['default'] ??
      schema['const'] ??
      list(schema['enum'])[0];
    if (given !== undefined) return given;
    if (level >= MOST_LEVELS || (this.#visits -= 1) < 0) return undefined;
    const [other] = [...list(schema['oneOf']), ...list(schema['anyOf'])];
    if (other !== undefined) return this.#example(other, level + 1);
    const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
    if (schema['properties'] !== undefined || type === 'object') {
      const members = Object.entries(object(schema['properties']))
        .map(([name, property]) => [name, this.#example(property, level + 1)] as const)
        .filter(([, made]) => made !== undefined);
      return Object.fromEntries(members);
    }
    if (type === 'array') {
      const item = this.#example(schema['items'], level + 1);
      return item === undefined ? [] : [item];
    }
    if (type === 'integer' || type === 'number') return 0;
    if (type === 'boolean') return true;
    return type === 'string' ? 'string' : undefined;
  }
}

/** The limits of a schema, each as `minimum 1`. */
function limits(schema: JsonObject): string[] {
  const named = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'pattern', 'default'] as const;
  const values = list(schema['enum']).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return [
    ...named.filter((name) => schema[name] !== undefined).map((name) => `${name} ${String(schema[name])}`),
    ...(values.length > 0 ? [values.join(', ')] : []),
  ];
}

function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The operations that contain every word, by group. */
export function having(groups: Reference['groups'], words: string): Reference['groups'] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const has = ({ method, path, summary }: Operation) => {
    const content = `${method} ${path} ${summary}`.toLowerCase();
    return wanted.every((word) => content.includes(word));
  };
  return groups
    .map((group) => ({ ...group, operations: group.operations.filter(has) }))
    .filter(({ operations }) => operations.length > 0);
}
