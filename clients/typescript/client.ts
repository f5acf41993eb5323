// A client of the API. schema.d.ts is generated from its document, and everything here is typed by it. A change that is
// sent again, for whatever reason, is sent under the same key, so that it happens once; no retry takes a new one.
import type { components, paths } from "./schema.js";

type Method = "get" | "post";
type PathsOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type Json<T> = T extends { content: { "application/json": infer B } } ? B : never;

/** What an operation answers. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R }
    ? Json<R extends { 200: infer T } ? T : R extends { 201: infer T } ? T : never>
    : never;

/** What an operation is asked with: the names in its address, its query, and its body. */
export type Asked<P extends keyof paths, M extends Method> = (Operation<P, M> extends { parameters: { path: infer T } } ? { path: T } : object) &
  (Operation<P, M> extends { parameters: { query: infer T } } ? { query: T } : Operation<P, M> extends { parameters: { query?: infer T } } ? { query?: T } : object) &
  (Operation<P, M> extends { requestBody: infer T } ? { body: Json<T> } : object);

/** What a list has in a page. */
type Row<P extends PathsOf<"get">> = Answer<P, "get"> extends { data: (infer T)[]; next?: string } ? T : never;
type Lists = { [P in PathsOf<"get">]: Answer<P, "get"> extends { data: unknown[]; next?: string } ? P : never }[PathsOf<"get">];

export type ProblemBody = components["schemas"]["Problem"];

/** Why a request was refused (RFC 9457). Its name does not change; docs/api.md has the table of them. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly reason: string;
  constructor(
    readonly status: number,
    readonly body: Partial<ProblemBody>,
    readonly retryAfterSeconds: number,
  ) {
    super(`${body.title ?? `HTTP ${status}`}. ${body.detail ?? ""}`);
    this.reason = (body.type ?? "about:blank").replace("/problems/", "");
  }

  /** Whether the same request may be answered otherwise in a moment. */
  get passes(): boolean {
    return this.status === 429 || this.status === 503 || this.reason === "conflict" || this.reason === "under_way";
  }
}

export interface Config {
  /** Of the server, as in https://scrip.example.com. */
  url: string;
  /** An API key. */
  key: string;
  fetch?: typeof fetch;
  /** How often a request is tried that meets a network or a server that fails for the moment. */
  attempts?: number;
  /** The longest wait, in seconds, that a server may ask for before the next attempt. */
  mostWaitSeconds?: number;
}

/** More of one change. */
export interface Change {
  /** Its idempotency key, of 1 to 64 characters; without one it gets a random one, which serves for as long as the call lasts. */
  key?: string;
  /** The ETag of the account on which alone it is made. */
  ifMatch?: string;
  signal?: AbortSignal;
}

interface Request {
  method: "GET" | "POST";
  address: string;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

interface Loose {
  path?: Record<string, string>;
  query?: Record<string, string | number>;
  body?: unknown;
}

const attemptMilliseconds = 30_000;
const firstPause = 100;
const longestPause = 10_000;

/** Asks one server with one key. */
export class Scrip {
  readonly #config: Required<Config>;

  constructor(config: Config) {
    this.#config = { fetch: (...of) => fetch(...of), attempts: 6, mostWaitSeconds: 30, ...config };
  }

  /** Reads. */
  async get<P extends PathsOf<"get">>(path: P, asked: Asked<P, "get">, signal?: AbortSignal): Promise<Answer<P, "get">> {
    const request = { method: "GET" as const, address: this.#address(path, asked as Loose), headers: {} };
    return (await this.#send(signal ? { ...request, signal } : request)) as Answer<P, "get">;
  }

  /** Changes something, once. Where a payment method is asked, or a clock is moved, it waits until that is done. */
  async post<P extends PathsOf<"post">>(path: P, asked: Asked<P, "post">, change: Change = {}): Promise<Answer<P, "post">> {
    const headers: Record<string, string> = { "Idempotency-Key": change.key ?? crypto.randomUUID() };
    if (change.ifMatch !== undefined) headers["If-Match"] = change.ifMatch;
    const request: Request = { method: "POST", address: this.#address(path, asked as Loose), headers };
    const body = (asked as Loose).body;
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    if (change.signal) request.signal = change.signal;
    return (await this.#send(request)) as Answer<P, "post">;
  }

  /** All of a list, a page after the other. */
  async *list<P extends Lists>(path: P, asked: Asked<P, "get">, signal?: AbortSignal): AsyncGenerator<Row<P>> {
    let cursor: string | undefined;
    do {
      const query = { limit: 200, ...(asked as Loose).query, ...(cursor === undefined ? {} : { cursor }) };
      const page = (await this.get(path, { ...asked, query } as Asked<P, "get">, signal)) as { data: Row<P>[]; next?: string; more?: boolean };
      yield* page.data;
      cursor = page.more === false ? undefined : page.next; // a page of events always has a next one
    } while (cursor !== undefined);
  }

  #address(path: string, asked: Loose): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(asked.path?.[name] ?? ""));
    const query = new URLSearchParams(Object.entries(asked.query ?? {}).map(([name, value]) => [name, String(value)])).toString();
    return this.#config.url.replace(/\/+$/, "") + filled + (query && `?${query}`);
  }

  async #send(request: Request): Promise<unknown> {
    let pause = firstPause;
    for (let attempt = 1; ; ) {
      let wait = pause / 2 + Math.random() * pause;
      try {
        const response = await this.#once(request);
        const after = Number(response.headers.get("Retry-After") ?? 0) || 0;
        if (response.status === 202) {
          await response.arrayBuffer();
          await rest(Math.max(after * 1000, firstPause), request.signal);
          continue;
        }
        if (response.ok) return await response.json();
        const problem = new Problem(response.status, (await response.json().catch(() => ({}))) as Partial<ProblemBody>, after);
        if (!problem.passes || after > this.#config.mostWaitSeconds) throw problem;
        wait = Math.max(wait, after * 1000);
        if (++attempt > this.#config.attempts) throw problem;
      } catch (failed) {
        if (failed instanceof Problem || request.signal?.aborted || ++attempt > this.#config.attempts) throw failed;
      }
      await rest(wait, request.signal);
      pause = Math.min(2 * pause, longestPause);
    }
  }

  async #once(request: Request): Promise<Response> {
    const timeout = AbortSignal.timeout(attemptMilliseconds);
    const { fetch } = this.#config;
    return await fetch(request.address, {
      method: request.method,
      headers: { ...request.headers, Authorization: `Bearer ${this.#config.key}`, Accept: "application/json, application/problem+json" },
      redirect: "error", // the key is not taken along to wherever somebody may lead
      signal: request.signal ? AbortSignal.any([request.signal, timeout]) : timeout,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
  }
}

async function rest(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
