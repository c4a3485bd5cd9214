import { describe, expect, expectTypeOf, test } from "vitest";
import {
    type Duration,
    duration,
    formatBytes,
    formatMilliseconds,
    type Size,
    size,
    toBytes,
    toMilliseconds,
} from "../../provider/engine/units.js";

describe("durations", () => {
    test.each<[Duration, number]>([
        ["1 millisecond", 1],
        ["500 milliseconds", 500],
        ["1.5 seconds", 1_500],
        ["2 minutes", 120_000],
        ["1 hour", 3_600_000],
        ["0 seconds", 0],
    ])("%s is %d ms", (text, ms) => {
        expect(toMilliseconds(text)).toBe(ms);
    });

    test.each([
        "30",
        "30s",
        "30  seconds",
        " 30 seconds",
        "-1 seconds",
        "1e3 seconds",
        "seconds",
        "",
        "30 Seconds",
    ])("%j is none", (text) => {
        expect(() => duration(text)).toThrow(
            `duration: ${JSON.stringify(text)} must be a length of time with its unit, such as "30 seconds"`,
        );
    });

    test("have their unit in the type", () => {
        expectTypeOf<"30 seconds">().toExtend<Duration>();
        expectTypeOf<"30">().not.toExtend<Duration>();
        expectTypeOf<"30s">().not.toExtend<Duration>();
        expectTypeOf<30>().not.toExtend<Duration>();
        expectTypeOf<"64 MiB">().not.toExtend<Duration>();
        expectTypeOf(duration).returns.toEqualTypeOf<Duration>();
    });
});

describe("sizes", () => {
    test.each<[Size, number]>([
        ["0 B", 0],
        ["64 KiB", 65_536],
        ["1.5 MiB", 1_572_864],
        ["10 GiB", 10_737_418_240],
        ["1 TiB", 1_099_511_627_776],
    ])("%s is %d bytes", (text, bytes) => {
        expect(toBytes(text)).toBe(bytes);
    });

    test.each(["64", "64MiB", "64 MB", "64 mib", "-1 B", ""])("%j is none", (text) => {
        expect(() => size(text)).toThrow(
            `size: ${JSON.stringify(text)} must be an amount of data with its unit, such as "64 MiB"`,
        );
    });

    test("have their unit in the type", () => {
        expectTypeOf<"64 MiB">().toExtend<Size>();
        expectTypeOf<"64 MB">().not.toExtend<Size>();
        expectTypeOf<64>().not.toExtend<Size>();
        expectTypeOf(size).returns.toEqualTypeOf<Size>();
    });
});

describe("for people", () => {
    test.each([
        [0, "0 B"],
        [1023, "1023 B"],
        [1024, "1 KiB"],
        [1536, "1.5 KiB"],
        [1024 ** 2 - 1, "1 MiB"],
        [1.5 * 1024 ** 3, "1.5 GiB"],
        [5000 * 1024 ** 4, "5000 TiB"],
    ])("%d bytes read %s", (bytes, text) => {
        expect(formatBytes(bytes)).toBe(text);
    });

    test.each([
        [0, "0 ms"],
        [999.4, "999 ms"],
        [999.6, "1 s"],
        [2_400, "2.4 s"],
        [59_999, "1 min"],
        [119_999, "2 min"],
        [200_000, "3 min 20 s"],
        [3_599_999, "1 h"],
        [86_400_000, "24 h"],
        [9_000_000, "2 h 30 min"],
    ])("%d ms read %s", (ms, text) => {
        expect(formatMilliseconds(ms)).toBe(text);
    });
});
