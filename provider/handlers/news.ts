import type { InputProblem } from "../engine/errors.js";
import { newPrefix, type Origin } from "./prefix.js";

/** What a resource's class adds to the arguments of the program. */
interface Given {
    origin: Origin;
    row?: string;
}

/** Takes apart what `check` is given: what the class added, the problems that it found, and the program's arguments. */
export function readNews(news: unknown): {
    given: Given;
    found: InputProblem[];
    raw: Record<string, unknown>;
} {
    const { origin, row, problems = [], ...raw } = news as Given & { problems?: InputProblem[] };
    return { given: { origin, ...(row ? { row } : {}) }, found: problems, raw };
}

/** What stays the same from its first `check` on, although its stack may be renamed; the row may be another one. */
export function identity(
    olds: { prefix: string; origin: Origin } | undefined,
    { origin, ...row }: Given,
): { prefix: string; origin: Origin; row?: string } {
    return {
        prefix: olds?.prefix ?? newPrefix(origin),
        origin: olds?.origin ?? origin,
        ...row,
    };
}
