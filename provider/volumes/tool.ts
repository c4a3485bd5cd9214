import { CutoverError } from "../engine/errors.js";
import type { CommandRunner } from "../platforms/commands.js";
import { escapeName } from "./names.js";

/** One call of a GNU tool: argv and what it reads. */
export interface ToolCall {
    argv: readonly [string, ...string[]];
    stdin?: Buffer;
}

export interface ToolResult {
    exitCode: number;
    /** What it complained about: each line safe for the screen, at most `mostLines`. */
    complaints: string[];
    /** Complaints that were expected, and are not among the others. */
    overlooked?: number;
}

const mostLines = 2_000;

/** Messages in English, whatever the machine speaks: they are parsed. */
const environment = { LC_ALL: "C", LANGUAGE: "C" };

/**
 * Runs a tool and hands its output on while it runs. Rejects with the signal's reason when it was aborted; any exit
 * code is the caller's to judge.
 */
export async function runTool(
    runner: CommandRunner,
    call: ToolCall,
    options: {
        signal?: AbortSignal;
        onOutput?: (chunk: Buffer) => void;
        /** Complaints of this form are only counted. */
        overlook?: RegExp;
    } = {},
): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    const child = runner.start(
        { argv: call.argv, stdin: call.stdin ?? "", env: environment },
        options.signal,
    );
    const complaints = new LineCollector(mostLines, options.overlook);
    child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
    child.stdout.on("data", (chunk: Buffer) => options.onOutput?.(chunk));
    try {
        const { exitCode } = await child.ended;
        options.signal?.throwIfAborted();
        return {
            exitCode,
            complaints: complaints.end(),
            overlooked: complaints.overlooked,
        };
    } catch (error) {
        options.signal?.throwIfAborted();
        throw error;
    }
}

/** The error for a tool that failed: command, exit code, its meaning where one is known, and its last lines. */
export function toolFailure(
    problem: string,
    call: ToolCall,
    result: ToolResult,
    next?: string,
): CutoverError {
    return new CutoverError(problem, {
        command: call.argv,
        exitCode: result.exitCode,
        lastLines: result.complaints.slice(-8),
        ...(next ? { next } : {}),
    });
}

/** The longest name is 4,095 bytes: nobody wants to read it, and its end tells what went wrong. */
const longestLine = 400;

function screenLine(line: string): string {
    const safe = escapeName(line).slice(1, -1).replaceAll('\\"', '"').replaceAll("\\\\", "\\");
    if (safe.length <= longestLine) return safe;
    return `${safe.slice(0, 200)} ... ${safe.slice(-200)}`;
}

/** Cuts a stream of bytes into lines and makes each safe for the screen. */
export class LineCollector {
    private readonly lines: string[] = [];
    private rest = "";

    overlooked = 0;

    constructor(
        private readonly most: number,
        private readonly overlook?: RegExp,
    ) {}

    push(chunk: Buffer): void {
        const pieces = (this.rest + chunk.toString("latin1")).split("\n");
        this.rest = (pieces.pop() as string).slice(-65_536);
        for (const piece of pieces) this.keep(piece);
    }

    end(): string[] {
        if (this.rest !== "") this.keep(this.rest);
        this.rest = "";
        return this.lines;
    }

    private keep(line: string): void {
        if (line === "") return;
        if (this.overlook?.test(line)) {
            this.overlooked++;
            return;
        }
        this.lines.push(screenLine(line));
        // The first lines tell the cause, the last ones the end: drop from the middle.
        if (this.lines.length > this.most) this.lines.splice(this.most >> 1, 1);
    }
}
