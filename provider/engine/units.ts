type DurationUnit =
    | "millisecond"
    | "milliseconds"
    | "second"
    | "seconds"
    | "minute"
    | "minutes"
    | "hour"
    | "hours";

/** A length of time, such as `"30 seconds"`, `"500 milliseconds"` or `"2 minutes"`. */
export type Duration = `${number} ${DurationUnit}`;

type SizeUnit = "B" | "KiB" | "MiB" | "GiB" | "TiB";

/** An amount of data, such as `"64 MiB"` or `"10 GiB"`. */
export type Size = `${number} ${SizeUnit}`;

const milliseconds: Record<DurationUnit, number> = {
    millisecond: 1,
    milliseconds: 1,
    second: 1_000,
    seconds: 1_000,
    minute: 60_000,
    minutes: 60_000,
    hour: 3_600_000,
    hours: 3_600_000,
};

const bytes: Record<SizeUnit, number> = {
    B: 1,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
    TiB: 1024 ** 4,
};

const durationPattern = /^(\d+(?:\.\d+)?) (milliseconds?|seconds?|minutes?|hours?)$/;
const sizePattern = /^(\d+(?:\.\d+)?) (B|KiB|MiB|GiB|TiB)$/;

/** Why a text is no duration, or undefined when it is one. */
export function durationProblem(text: unknown): string | undefined {
    if (typeof text === "string" && durationPattern.test(text)) return undefined;
    return "must be a length of time with its unit";
}

/** Why a text is no size, or undefined when it is one. */
export function sizeProblem(text: unknown): string | undefined {
    if (typeof text === "string" && sizePattern.test(text)) return undefined;
    return "must be an amount of data with its unit";
}

/**
 * Turns a configuration string into a `Duration`.
 * @throws when the text has no unit or another form.
 * @example cutover.duration(config.require("maxHold"))
 */
export function duration(text: string): Duration {
    if (durationProblem(text)) {
        throw new Error(
            `duration: ${JSON.stringify(text)} must be a length of time with its unit, such as "30 seconds"`,
        );
    }
    return text as Duration;
}

/**
 * Turns a configuration string into a `Size`.
 * @throws when the text has no unit or another form.
 * @example cutover.size(config.require("settle"))
 */
export function size(text: string): Size {
    if (sizeProblem(text)) {
        throw new Error(
            `size: ${JSON.stringify(text)} must be an amount of data with its unit, such as "64 MiB"`,
        );
    }
    return text as Size;
}

/** Milliseconds of a duration. */
export function toMilliseconds(text: Duration): number {
    const [, amount, unit] = durationPattern.exec(duration(text)) as unknown as [
        string,
        string,
        DurationUnit,
    ];
    return Number(amount) * milliseconds[unit];
}

/** Bytes of a size. */
export function toBytes(text: Size): number {
    const [, amount, unit] = sizePattern.exec(size(text)) as unknown as [string, string, SizeUnit];
    return Number(amount) * bytes[unit];
}

/** "1.5 GiB", "830 B": for people. */
export function formatBytes(count: number): string {
    const units: SizeUnit[] = ["TiB", "GiB", "MiB", "KiB"];
    for (const unit of units) {
        // What would read "1024" of the unit below is 1 of this one.
        if (count < bytes[unit] * (1 - 0.05 / 1024)) continue;
        return `${Math.round((count / bytes[unit]) * 10) / 10} ${unit}`;
    }
    return `${Math.round(count)} B`;
}

/** "850 ms", "2.4 s", "3 min 20 s", "24 h": for people. */
export function formatMilliseconds(ms: number): string {
    if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
    const tenths = Math.round(ms / 100);
    if (tenths < 600) return `${tenths / 10} s`;
    const seconds = Math.round(ms / 1_000);
    if (seconds < 3_600) return withRest(Math.floor(seconds / 60), "min", seconds % 60, "s");
    const minutes = Math.round(seconds / 60);
    return withRest(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function withRest(amount: number, unit: string, rest: number, restUnit: string): string {
    return rest > 0 ? `${amount} ${unit} ${rest} ${restUnit}` : `${amount} ${unit}`;
}
