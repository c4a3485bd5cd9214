import {
    type Duration,
    durationProblem,
    type Size,
    sizeProblem,
    toBytes,
    toMilliseconds,
} from "../engine/units.js";
import { input, plain, type Read, Refusal } from "./input-shape.js";
import { listNames } from "./nearest-name.js";

/** Node's timers end at once when they are asked to wait for longer than 24.8 days. */
const longestMilliseconds = 24 * 24 * 3_600_000;

/** A duration with its unit. */
export function durationLeaf(example: Duration, { orZero = false } = {}) {
    return input<Duration>(`write a duration such as "${example}"`, (value) => {
        const problem = durationProblem(value);
        if (problem) return new Refusal(problem);
        const ms = toMilliseconds(value as Duration);
        if (ms === 0 && !orZero) return new Refusal("must be longer than 0");
        if (ms > longestMilliseconds) return new Refusal("must be at most 576 hours");
        return value as Duration;
    });
}

/** An amount of data with its unit. */
export function sizeLeaf(example: Size, { least }: { least?: Size } = {}) {
    return input<Size>(`write a size such as "${example}"`, (value) => {
        const problem = sizeProblem(value);
        if (problem) return new Refusal(problem);
        if (toBytes(value as Size) > Number.MAX_SAFE_INTEGER) return new Refusal("is too large");
        if (least && toBytes(value as Size) < toBytes(least))
            return new Refusal(`must be at least ${least}`);
        return value as Size;
    });
}

/** An integer within limits, both included. */
export function integerLeaf(from: number, to: number, example: string) {
    return input<number>(`write an integer from ${from} to ${to}, such as ${example}`, (value) => {
        if (typeof value !== "number") return new Refusal("must be a number");
        if (!Number.isInteger(value)) return new Refusal("must be an integer");
        if (value < from || value > to) return new Refusal(`is out of range`);
        return value;
    });
}

export function flagLeaf() {
    return input<boolean>("write true or false", (value) =>
        typeof value === "boolean" ? value : new Refusal("must be true or false"),
    );
}

/** One of a few texts. */
export function choiceLeaf<Choice extends string>(...choices: readonly Choice[]) {
    return input<Choice>(`write ${quoted(choices)}`, readChoice(choices, false));
}

/** One of a few texts, which preview must know; the refusal prints what was written. */
export function plainChoiceLeaf<Choice extends string>(...choices: readonly Choice[]) {
    return plain<Choice>(`write ${quoted(choices)}`, readChoice(choices, true));
}

function readChoice<Choice extends string>(
    choices: readonly Choice[],
    print: boolean,
): Read<Choice> {
    return (value) => {
        const choice = choices.find((one) => one === value);
        if (choice !== undefined) return choice;
        if (typeof value !== "string") return new Refusal("must be a text");
        if (print) return new Refusal(`is ${JSON.stringify(value)}`);
        return new Refusal(choices.length > 1 ? "is none of its values" : "is another text");
    };
}

function quoted(choices: readonly string[]): string {
    return listNames(
        choices.map((choice) => JSON.stringify(choice)),
        "or",
    );
}

/** A text that is not empty; `what` ends the sentence "write …". */
export function textLeaf(what: string, pattern?: { test: RegExp; problem: string }) {
    return input<string>(`write ${what}`, (value) => {
        if (typeof value !== "string") return new Refusal("must be a text");
        if (value === "") return new Refusal("is empty");
        if (pattern && !pattern.test.test(value)) return new Refusal(pattern.problem);
        return value;
    });
}

/** Docker's own rule for the names of containers, volumes and networks. */
const dockerName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** The name of something that Docker has: `kind` is "volume", "container" or "network". */
export function dockerNameLeaf(kind: "volume" | "container" | "network", example: string) {
    return textLeaf(`the name of a Docker ${kind}, such as "${example}"`, {
        test: dockerName,
        problem: `is not a name for a Docker ${kind}`,
    });
}

/** The name of an image, with its tag or digest. */
export function imageLeaf(example: string) {
    return textLeaf(`the name of an image, such as "${example}"`, {
        test: /^[^\s\p{Cc}-][^\s\p{Cc}]*$/u,
        problem: "is not a name for an image",
    });
}
