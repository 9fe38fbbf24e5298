/** The web framework's settings. */
import { randomUUID } from "node:crypto";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import type { Config } from "./config";
import { Problem, problemOf } from "./problems";

const PROBLEM = "application/problem+json";

/** Answers to what is no HTTP, on the bare socket. */
const NOT_HTTP: Record<string, string> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = problemOf(error);
  if (status >= 500) request.log.error(error);
  else request.log.debug({ method: request.method, url: request.url, status, problem: body.type }, body.detail);
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (typeof body.retryAfter === "number") reply.header("retry-after", body.retryAfter);
  reply.code(status).header("content-type", PROBLEM);
  // what the log calls this request
  const found = status >= 500 ? { requestId: request.id } : {};
  reply.send(JSON.stringify({ ...body, ...found, instance: request.url.slice(0, 200) }));
}

/** Fastify, with JSON alone coming in and problems as problems going out. */
export function framework(config: Config): FastifyInstance {
  const app = fastify({
    logger: {
      level: config.logLevel,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    genReqId: () => randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    // what comes on connections that are open is answered to the end
    return503OnClosing: false,
    bodyLimit: 1024,
    requestTimeout: 60_000,
    keepAliveTimeout: 10_000,
    routerOptions: { maxParamLength: 100 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false, allowUnionTypes: true } },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply as unknown as FastifyReply),
    clientErrorHandler: (error, socket) => {
      if (error.code === "ECONNRESET" || !socket.writable) return socket.destroy();
      const line = NOT_HTTP[error.code] ?? "400 Bad Request";
      const [status] = line.split(" ");
      const body = JSON.stringify({
        type: "about:blank",
        title: line.slice(4),
        status: Number(status),
        detail: "the request could not be read",
      });
      socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-type: ${PROBLEM}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    },
  });
  // JSON alone; a DELETE without a body may say that it has one of JSON, as clients do that say so always
  app.removeContentTypeParser("text/plain");
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "" && request.method === "DELETE") done(null, undefined);
    else parse(request, body as string, done);
  });
  app.setNotFoundHandler(() => {
    throw new Problem("not-found", "there is nothing at this address");
  });
  app.setErrorHandler(sendProblem);
  return app;
}
