import { request } from "node:http";
import { CutoverError } from "../../engine/errors.js";

/** An answer of the engine that was no failure of the connection. */
export interface ApiAnswer {
    status: number;
    text: string;
}

/** The engine's own API, for what its command line cannot do without showing it in argv. */
export interface EngineApi {
    /** @param body is sent as JSON, and is part of no error */
    ask(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<ApiAnswer>;
}

/** The API over the engine's socket, which only the runner on the target has. */
export function socketApi(socketPath: string): EngineApi {
    return {
        ask: (method, path, body) =>
            new Promise((resolve, reject) => {
                const text = body === undefined ? undefined : JSON.stringify(body);
                const headers = {
                    host: "docker",
                    ...(text === undefined
                        ? {}
                        : {
                              "content-type": "application/json",
                              "content-length": Buffer.byteLength(text),
                          }),
                };
                const asked = request({ socketPath, method, path, headers }, (answer) => {
                    const parts: Buffer[] = [];
                    answer.on("data", (part: Buffer) => parts.push(part));
                    answer.on("error", reject);
                    answer.on("end", () =>
                        resolve({
                            status: answer.statusCode ?? 0,
                            text: Buffer.concat(parts).toString("utf8"),
                        }),
                    );
                });
                asked.on("error", (cause) =>
                    reject(
                        new CutoverError(`the Docker engine does not answer: ${cause.message}`, {
                            cause,
                        }),
                    ),
                );
                asked.end(text);
            }),
    };
}

/** The parsed answer; a failure has what the engine says, and nothing of what it was asked. */
export async function must(
    api: EngineApi,
    what: string,
    ...asked: Parameters<EngineApi["ask"]>
): Promise<unknown> {
    const { status, text } = await api.ask(...asked);
    if (status >= 200 && status < 400) return text === "" ? undefined : JSON.parse(text);
    throw new CutoverError(`${what} failed`, { lastLines: [messageIn(text)] });
}

/** What the engine says of a failure. */
export function messageIn(text: string): string {
    try {
        const { message } = JSON.parse(text) as { message?: unknown };
        if (typeof message === "string") return message.trim();
    } catch {
        // Not JSON: as it is.
    }
    return text.trim();
}
