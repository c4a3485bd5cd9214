import { asCutoverError, CutoverError, type FailureDetails } from "../engine/errors.js";
import type { Progress } from "../engine/progress.js";
import type { Mover } from "./mover.js";

/** What can be asked of a mover over a pair of streams. */
export const methods = [
    "measure",
    "livePass",
    "verifySettled",
    "expectLastPass",
    "lastPass",
    "flush",
    "prove",
    "unchangedSinceProof",
    "fingerprint",
    "declined",
    "link",
    "unlock",
    "close",
] as const satisfies readonly (keyof Mover)[];

export type Method = (typeof methods)[number];

/** One line of JSON each, to the mover. */
export interface Request {
    id: number;
    method: Method;
    args: unknown[];
}

/** An error as data; `cause` becomes text. */
export interface WireError {
    problem: string;
    details: FailureDetails;
}

/** One line of JSON each, from the mover. */
export type Reply =
    | { id: number; result: unknown }
    | { id: number; error: WireError }
    | { status: string; progress?: Progress }
    | { info: string }
    | { warn: string };

export function toWireError(error: unknown): WireError {
    const { problem, details } = asCutoverError(error);
    const { cause, ...rest } = details;
    return { problem, details: cause === undefined ? rest : { ...rest, cause: String(cause) } };
}

export function fromWireError({ problem, details }: WireError): CutoverError {
    return new CutoverError(problem, details);
}

/** Lines longer than this are no message of ours. */
const longestLine = 16 << 20;

/** Calls back for each line of a stream; UTF-8 across chunks is put together. */
export function readLines(
    stream: NodeJS.ReadableStream,
    onLine: (line: string) => void,
    onEnd: () => void,
): void {
    let pending: Buffer[] = [];
    let length = 0;
    let ended = false;
    const end = () => {
        if (!ended) onEnd();
        ended = true;
    };
    stream.on("data", (chunk: Buffer | string) => {
        let rest = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
        for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
            const line = Buffer.concat([...pending, rest.subarray(0, at)]).toString("utf8");
            pending = [];
            length = 0;
            rest = rest.subarray(at + 1);
            if (line !== "") onLine(line);
        }
        if (rest.length > 0) pending.push(rest);
        length += rest.length;
        if (length > longestLine) {
            pending = [];
            length = 0;
        }
    });
    stream.on("end", end);
    stream.on("close", end);
    stream.on("error", end);
}
