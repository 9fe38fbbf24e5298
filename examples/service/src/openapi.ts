/** The API as OpenAPI 3.1, whose schemas are JSON schemas: made from the routes themselves, so that it cannot say otherwise. */
import type { FastifyInstance } from "fastify";

/** What a route says of itself, beside its schema. */
export interface RouteText {
  readonly summary: string;
  /** Status and meaning of the answer. */
  readonly answer: readonly [status: number, meaning: string];
  /** Its kind where it is not JSON. */
  readonly type?: string;
}

declare module "fastify" {
  interface FastifyContextConfig {
    text?: RouteText;
  }
}

interface Parameters {
  properties: Record<string, object>;
}

const PROBLEM = {
  type: "object",
  required: ["type", "title", "status", "detail"],
  properties: { type: { type: "string" }, title: { type: "string" }, status: { type: "integer" }, detail: { type: "string" } },
};
const problem = { description: "a problem, RFC 9457", content: { "application/problem+json": { schema: PROBLEM } } };

/** Looks at routes as they are added; gives the description of those so far that have a text. */
export function describeRoutes(app: FastifyInstance): () => object {
  const paths: Record<string, Record<string, object>> = {};
  app.addHook("onRoute", ({ method, url, schema, config }) => {
    const text = config?.text;
    if (text === undefined || typeof method !== "string" || method === "HEAD") return;
    const [status, meaning] = text.answer;
    const { properties = {} } = (schema?.params ?? {}) as Partial<Parameters>;
    const content = status === 204 ? {} : { content: { [text.type ?? "application/json"]: {} } };
    const path = url.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      summary: text.summary,
      parameters: Object.entries(properties).map(([name, item]) => ({ name, in: "path", required: true, schema: item })),
      ...(schema?.body === undefined ? {} : { requestBody: { required: true, content: { "application/json": { schema: schema.body } } } }),
      responses: { [status]: { description: meaning, ...content }, default: problem },
      ...(url.startsWith("/v1/") ? {} : { security: [] }),
    };
  });
  return () => ({
    openapi: "3.1.0",
    info: { title: "A service that trains while it answers", version: "1" },
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    paths,
  });
}
