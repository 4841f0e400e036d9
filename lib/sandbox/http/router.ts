import type { StaticOperationSchema } from "@smithy/types";
import { decodeOnce, queryPairs, type WireRequest } from "./wire.js";

/** Where a request goes: the operation, and what its path template captured, decoded once. */
export interface Route {
  readonly schema: StaticOperationSchema;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Compile operation schemas to a router over method, path template and fixed query.
 *
 * Within one REST-JSON service no two operations share a method and a matching path. S3's differ by
 * query only, so the route that asks for the most fixed query parameters wins.
 *
 * @param alsoAskedOf further query parameters without which a request is not for the operation
 */
export function createRouter(
  schemas: readonly StaticOperationSchema[],
  alsoAskedOf: (schema: StaticOperationSchema) => readonly string[] = () => [],
): (request: Pick<WireRequest, "method" | "path" | "query">) => Route | undefined {
  const byMethod = new Map<string, CompiledRoute[]>();
  for (const schema of schemas) {
    const [method, template] = httpTrait(schema);
    const routes = byMethod.get(method) ?? [];
    routes.push(compile(schema, template, alsoAskedOf(schema)));
    byMethod.set(method, routes);
  }
  for (const routes of byMethod.values()) {
    routes.sort((a, b) => b.fixedQuery.length - a.fixedQuery.length || b.literals - a.literals);
  }

  return ({ method, path, query }) => {
    const given = new Map(queryPairs(query));
    for (const route of byMethod.get(method) ?? []) {
      const fits = route.fixedQuery.every(([name, value]) =>
        value === "" ? given.has(name) : given.get(name) === value,
      );
      const match = fits ? route.pattern.exec(path) : null;
      if (!match) continue;
      const labels = Object.fromEntries(
        route.labels.map((label, i) => [label, decodeOnce(match[i + 1] as string)]),
      );
      return { schema: route.schema, labels };
    }
    return undefined;
  };
}

/** Method, path template and status of a REST operation, from its schema. */
export function httpTrait(schema: StaticOperationSchema): [string, string, number] {
  const traits = schema[3] as { http?: [string, string, number] };
  if (!traits.http) throw new Error(`${schema[2]} has no HTTP binding`);
  return traits.http;
}

interface CompiledRoute {
  readonly schema: StaticOperationSchema;
  readonly pattern: RegExp;
  readonly labels: readonly string[];
  /** How many characters of the path are fixed: `/indices/search` before `/indices/{indexName}`. */
  readonly literals: number;
  readonly fixedQuery: readonly [string, string][];
}

function compile(
  schema: StaticOperationSchema,
  template: string,
  alsoAsked: readonly string[],
): CompiledRoute {
  const [path = "", query = ""] = template.split("?");
  const labels: string[] = [];
  let literals = 0;
  const source = path
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const label = /^\{([^}+]+)(\+?)\}$/.exec(part);
      if (!label) {
        literals += part.length;
        return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      }
      labels.push(label[1] as string);
      return label[2] ? "(.+)" : "([^/]+)";
    })
    .join("");
  // `x-id` names the operation for logs only; clients other than the JavaScript SDK leave it out.
  const fixedQuery = [
    ...queryPairs(query).filter(([name]) => name !== "x-id"),
    ...alsoAsked.map((name): [string, string] => [name, ""]),
  ];
  return { schema, pattern: new RegExp(`^${source}$`), labels, literals, fixedQuery };
}
