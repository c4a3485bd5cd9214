/** One bad input: where it is, what is wrong, and what to write instead. */
export interface InputProblem {
    /** Property path, such as `traffic.weights.green`. */
    path: string;
    /** What is wrong with it. Never contains the value of anything that may be secret. */
    problem: string;
    /** What to write instead. */
    instead?: string;
}

/** Prints a problem as one line: `path: what is wrong; what to write instead`. */
export function formatProblem({ path, problem, instead }: InputProblem): string {
    return `${path ? `${path}: ` : ""}${problem}${instead ? `; ${instead}` : ""}`;
}

/** Every bad input of one resource, all at once. */
export class InputError extends Error {
    override readonly name = "InputError";
    constructor(readonly problems: readonly InputProblem[]) {
        super(problems.map(formatProblem).join("\n"));
    }
}

export interface FailureDetails {
    /** The step that failed, as the journal names it. */
    step?: string;
    /** The command that failed, as argv; secrets are never part of argv. */
    command?: readonly string[];
    exitCode?: number;
    /** The last lines that the command printed. */
    lastLines?: readonly string[];
    /** What is true now, as one sentence: "blue serves, green is stopped". */
    state?: string;
    /** The next thing to do, as one sentence. */
    next?: string;
    cause?: unknown;
}

/** Something went wrong while working; says what is true now and what to do next. */
export class CutoverError extends Error {
    override readonly name = "CutoverError";
    constructor(
        readonly problem: string,
        readonly details: FailureDetails = {},
    ) {
        super(describeFailure(problem, details), { cause: details.cause });
    }
    /** The same error, with what is known further up added where it is missing. */
    with(details: FailureDetails): CutoverError {
        return new CutoverError(this.problem, { ...details, ...definedOnly(this.details) });
    }
}

function definedOnly(details: FailureDetails): FailureDetails {
    return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}

function describeFailure(problem: string, details: FailureDetails): string {
    const lines = [details.step ? `${details.step}: ${problem}` : problem];
    if (details.command) {
        const code = details.exitCode === undefined ? "" : ` (exit code ${details.exitCode})`;
        lines.push(`command: ${details.command.join(" ")}${code}`);
    }
    for (const line of details.lastLines ?? []) lines.push(`  | ${line}`);
    if (details.state) lines.push(`now: ${details.state}`);
    if (details.next) lines.push(`next: ${details.next}`);
    return lines.join("\n");
}

/** Any thrown value as a CutoverError. */
export function asCutoverError(error: unknown): CutoverError {
    if (error instanceof CutoverError) return error;
    if (error instanceof Error) return new CutoverError(error.message, { cause: error });
    return new CutoverError(String(error));
}
