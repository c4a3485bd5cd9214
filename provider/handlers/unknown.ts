/**
 * What Pulumi's dynamic provider passes in preview for a value that is not known yet, whatever its
 * type (pulumi/pulumi#6310).
 */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The type of a value that is not known yet. */
export type Unknown = typeof unknownValue;

/** How a plan prints a value that is not known yet. */
export const unknownText = "(known after apply)";

/** Whether preview does not know this value yet. */
export function isUnknown(value: unknown): value is Unknown {
    return value === unknownValue;
}

/** The value as a plan prints it. */
export function printable<T>(value: T): T | typeof unknownText {
    return isUnknown(value) ? unknownText : value;
}

/** Whether anything in a declaration is not known yet. */
export function holdsUnknown(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return isUnknown(value);
    return Object.values(value).some(holdsUnknown);
}
