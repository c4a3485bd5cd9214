import { z } from "zod";
import type { InputProblem } from "../engine/errors.js";
import { listNames, nearestName } from "./nearest-name.js";
import { propertyPath } from "./property-path.js";
import { isUnknown, type Unknown } from "./unknown.js";

/** What a leaf says of a value that it does not take. */
export class Refusal {
    constructor(
        readonly problem: string,
        /** In place of what the leaf says by default. */
        readonly instead?: string,
    ) {}
}

/** The value as the declaration has it, or why it is refused. */
export type Read<T> = (value: unknown) => T | Refusal;

/**
 * A leaf that takes a `pulumi.Input`: preview may not know it yet.
 * @param instead What to write instead; part of every refusal.
 */
export function input<T>(instead: string, read: Read<T>) {
    return z.unknown().transform((value, context): T | Unknown => {
        return isUnknown(value) ? value : readOrReport(value, instead, read, context);
    });
}

/** A leaf that preview must know. */
export function plain<T>(instead: string, read: Read<T>) {
    return z.unknown().transform((value, context): T => {
        const known: Read<T> = (given) => (isUnknown(given) ? notKnown : read(given));
        return readOrReport(value, instead, known, context);
    });
}

const notKnown = new Refusal("is not known in preview");

function readOrReport<T>(
    value: unknown,
    instead: string,
    read: Read<T>,
    context: z.RefinementCtx,
): T {
    const result = value === undefined ? new Refusal("is missing") : read(value);
    if (!(result instanceof Refusal)) return result;
    report(context, result.problem, { instead: result.instead ?? instead });
    return z.NEVER;
}

interface IssueDetails {
    instead?: string;
    /** Set for an unknown property: the names that are known beside it. */
    known?: readonly string[];
    refused?: RefusedNames;
}

function report(context: z.RefinementCtx, problem: string, details: IssueDetails) {
    context.addIssue({ code: "custom", message: problem, params: { ...details } });
}

/** Whether a value is an object with properties, and no list. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Drops what is null or undefined at any depth: a program writes both for "not given". */
export function withoutEmpty(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(withoutEmpty);
    if (!isPlainObject(value)) return value;
    const given = Object.entries(value).filter(([, leaf]) => leaf != null);
    return Object.fromEntries(given.map(([name, leaf]) => [name, withoutEmpty(leaf)]));
}

function properties(instead: string) {
    return z.unknown().transform((value, context): Record<string, unknown> => {
        const read: Read<Record<string, unknown>> = (given) => {
            if (!isPlainObject(given)) return new Refusal("must be an object");
            // zod skips this name in silence
            if (Object.hasOwn(given, "__proto__")) return new Refusal('holds "__proto__"');
            return given;
        };
        const known: Read<Record<string, unknown>> = (given) =>
            isUnknown(given) ? notKnown : read(given);
        return readOrReport(value, instead, known, context);
    });
}

/** Names that are no properties, each with a better answer than "is not a property". */
export type RefusedNames = Readonly<Record<string, { problem: string; instead: string }>>;

/**
 * An object with these properties and no others.
 * @param instead What to write instead of something that is no object.
 */
export function shape<Fields extends z.ZodRawShape>(
    instead: string,
    fields: Fields,
    refused: RefusedNames = {},
) {
    const known = Object.keys(fields);
    const unknownProperty = z.unknown().transform((_value, context): never => {
        report(context, "is not a property", { known, refused });
        return z.NEVER;
    });
    return properties(instead).pipe(z.object(fields).catchall(unknownProperty));
}

/** A map from names to values of one shape. */
export function mapOf<Value extends z.ZodType>(instead: string, value: Value) {
    return properties(instead).pipe(z.record(z.string(), value));
}

/** A list; one that preview does not know yet is read as a list that holds one unknown value. */
export function listOf<Value extends z.ZodType>(instead: string, value: Value) {
    const list = z.unknown().transform((given, context): unknown[] => {
        if (isUnknown(given)) return [given];
        const read: Read<unknown[]> = (array) =>
            Array.isArray(array) ? array : new Refusal("must be a list");
        return readOrReport(given, instead, read, context);
    });
    return list.pipe(z.array(value));
}

/** One of two ways to write a value: as an object, or as a leaf. Each keeps its own problems. */
export function objectOrLeaf<Long, Short>(long: z.ZodType<Long>, short: z.ZodType<Short>) {
    return z.unknown().transform((value, context): Long | Short => {
        const result = isPlainObject(value) ? long.safeParse(value) : short.safeParse(value);
        if (result.success) return result.data;
        for (const issue of result.error.issues) context.addIssue({ ...issue });
        return z.NEVER;
    });
}

/** What zod found, as problems. */
export function problemsOf(error: z.ZodError): InputProblem[] {
    return error.issues.map((issue) => {
        const path = propertyPath(issue.path);
        const details: IssueDetails = issue.code === "custom" ? (issue.params ?? {}) : {};
        if (details.known) {
            const name = String(issue.path.at(-1));
            return unknownProperty(path, name, details.known, details.refused);
        }
        const { instead } = details;
        return { path, problem: issue.message, ...(instead === undefined ? {} : { instead }) };
    });
}

/** A property that is not one of those that are known. */
export function unknownProperty(
    path: string,
    name: string,
    known: readonly string[],
    refused: RefusedNames = {},
): InputProblem {
    if (Object.hasOwn(refused, name)) return { path, ...refused[name] } as InputProblem;
    return { path, problem: "is not a property", instead: suggestion(name, known) };
}

/** "did you mean envs?", or the names there are, as long as they are few. */
function suggestion(written: string, known: readonly string[]): string {
    const meant = nearestName(written, known);
    if (meant) return `did you mean ${meant}?`;
    if (known.length > 15) return "leave it out";
    return `write ${known.length > 1 ? "one of " : ""}${listNames([...known].sort(), "or")}`;
}
